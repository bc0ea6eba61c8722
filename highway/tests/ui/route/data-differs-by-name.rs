//! A route given by its name is held to the protocol as well.

#[highway::protocol]
mod server {
    pub async fn say(text: Vec<(String, u8)>);
}

#[highway::server(serves = server)]
struct Chat;

#[highway::route("say")]
async fn say(_: Vec<String>, _: &mut Chat) {}

fn main() {}
