//! A message holds one piece of data.

#[highway::protocol]
mod server {
    pub async fn say(from: String, text: String);
}

fn main() {}
