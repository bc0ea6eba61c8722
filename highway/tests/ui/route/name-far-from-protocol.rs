//! Where no name is near, all are shown.

#[highway::protocol]
mod server {
    pub async fn join(room: String);
    pub async fn say(text: String);
}

#[highway::server(serves = server)]
struct Chat;

#[highway::route(server::join)]
async fn join(_: String, _: &mut Chat) {}

#[highway::route(server::say)]
async fn say(_: String, _: &mut Chat) {}

#[highway::route("whisper")]
async fn whisper(_: String, _: &mut Chat) {}

fn main() {}
