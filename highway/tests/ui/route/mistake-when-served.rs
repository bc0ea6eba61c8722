//! A mistake in a function is one error: its route is there all the same, so that it isn't called unserved too.

#[highway::protocol]
mod server {
    pub async fn one(text: String);
    pub async fn two(text: String);
    pub async fn three(text: String);
    pub async fn four(text: String);
    pub async fn five(text: String);
}

#[highway::server(serves = server)]
struct Chat;

#[highway::route(server::one)]
fn one(_: String, _: &mut Chat) {}

#[highway::route(server::two)]
async fn two(_: &mut Chat, _: String) {}

#[highway::route(server::three, onn = Chat)]
async fn three(_: String) {}

#[highway::route("four")]
async fn four(_: String, _: u8, _: &mut Chat) {}

#[highway::route(server::five)]
async fn five<T>(_: String, _: &mut Chat) {}

fn main() {}
