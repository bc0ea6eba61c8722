//! A reply that the protocol declares can't be left out.

#[highway::protocol]
mod server {
    pub async fn join(room: String) -> Vec<String>;
}

#[highway::server(serves = server)]
struct Chat;

#[highway::route(server::join)]
async fn join(_: String, _: &mut Chat) {}

fn main() {}
