//! A handler serves the routes of its own side only.

#[highway::protocol]
mod server {
    pub async fn say(text: String);
}

#[highway::protocol]
mod client {
    pub async fn said(text: String);
}

#[highway::server(serves = server)]
struct Chat;

#[highway::route(server::say)]
async fn say(_: String, _: &mut Chat) {}

#[highway::route(client::said)]
async fn said(_: String, _: &mut Chat) {}

fn main() {}
