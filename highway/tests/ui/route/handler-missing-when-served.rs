//! A route that does not say whose it is, is not called unserved too; one that has no function is.

#[highway::protocol]
mod server {
    pub async fn join(room: String);
    pub async fn leave(room: String);
    pub async fn say(text: String);
    pub async fn shout(text: String);
}

#[highway::server(serves = server)]
struct Chat;

#[highway::route(server::join)]
async fn join(_: String) {}

#[highway::route("leave")]
async fn leave(_: String, _: Chat) {}

#[highway::route(server::say)]
async fn say(_: String, _: &mut Chat) {}

#[highway::on(ready)]
async fn ready() {}

fn main() {}
