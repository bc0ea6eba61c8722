//! A path that leads nowhere is one error, whatever other routes the handler has.

#[highway::protocol]
mod server {
    pub async fn join(room: String);
    pub async fn leave(room: String);
    pub async fn say(text: String);
}

#[highway::server(serves = server)]
struct Chat;

#[highway::route(server::join)]
async fn join(_: String, _: &mut Chat) {}

#[highway::route("leave")]
async fn leave(_: String, _: &mut Chat) {}

#[highway::route(server::sya)]
async fn say(_: String, _: &mut Chat) {}

#[highway::route(sever::say)]
async fn say_too(_: String, _: &mut Chat) {}

#[highway::route(shout)]
async fn shout(_: String, _: &mut Chat) {}

#[highway::route(String)]
async fn whisper(_: String, _: &mut Chat) {}

fn main() {}
