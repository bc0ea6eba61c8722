//! The function takes what the protocol says.

#[highway::protocol]
mod server {
    pub async fn say(text: String);
}

#[highway::server(serves = server)]
struct Chat;

#[highway::route(server::say)]
async fn say(_: u32, _: &mut Chat) {}

fn main() {}
