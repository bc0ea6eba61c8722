//! `meta` is the route on which peers tell their routes.

#[highway::protocol]
mod server {
    pub async fn meta(text: String);
}

fn main() {}
