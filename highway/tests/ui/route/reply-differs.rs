//! The function gives back what the protocol says.

#[highway::protocol]
mod server {
    pub async fn join(room: String) -> Vec<String>;
}

#[highway::server(serves = server)]
struct Chat;

#[highway::route(server::join)]
async fn join(_: String, _: &mut Chat) -> bool {
    true
}

fn main() {}
