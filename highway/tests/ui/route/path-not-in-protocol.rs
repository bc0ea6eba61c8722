//! A misspelt path gets the compiler's own help.

#[highway::protocol]
mod server {
    pub async fn join(room: String);
}

#[highway::server]
struct Chat;

#[highway::route(server::jion)]
async fn join(_: String, _: &mut Chat) {}

fn main() {}
