//! A type without a name can't be held against the protocol.

#[highway::protocol]
mod server {
    pub async fn join(room: String) -> Vec<String>;
}

#[highway::server(serves = server)]
struct Chat;

#[highway::route(server::join)]
async fn join(_: String, _: &mut Chat) -> impl serde::Serialize {
    Vec::<String>::new()
}

fn main() {}
