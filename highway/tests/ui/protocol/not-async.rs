//! A declaration reads like the function that serves it.

#[highway::protocol]
mod server {
    pub fn say(text: String);
}

fn main() {}
