//! A `Result` is looked into, under whatever name.

#[highway::protocol]
mod server {
    pub async fn join(room: String) -> Vec<String>;
}

#[highway::server(serves = server)]
struct Chat;

#[highway::route("join")]
async fn join(_: String, _: &mut Chat) -> highway::Result<bool> {
    Ok(true)
}

fn main() {}
