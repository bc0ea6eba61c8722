//! A handler that serves a protocol serves all of it: each missing route is shown.

#[highway::protocol]
mod server {
    pub async fn join(room: String) -> Vec<String>;
    pub async fn say(text: String);
    #[route("change-name")]
    pub async fn change_name(name: String) -> bool;
}

#[highway::server(serves = server)]
struct Chat;

#[highway::route(server::say)]
async fn say(_: String, _: &mut Chat) {}

fn main() {}
