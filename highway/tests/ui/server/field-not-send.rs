//! A handler moves between threads: a field that can't is one error, whatever routes and hooks there are.

use std::rc::Rc;

#[highway::protocol]
mod server {
    pub async fn join(room: String);
    pub async fn say(text: String);
}

#[highway::server(serves = server)]
struct Chat {
    room: Rc<String>,
}

#[highway::route(server::join)]
async fn join(_: String, chat: &mut Chat) -> highway::Result {
    chat.send("joined", 1).await
}

#[highway::route("say")]
async fn say(_: String, chat: highway::Connection<Chat>) -> highway::Result {
    chat.send("said", 1).await
}

#[highway::on(connect)]
async fn connect(_: &mut highway::Request<Chat>) {}

#[highway::on(ready)]
async fn ready(chat: &mut Chat) -> highway::Result {
    chat.send("hello", 1).await
}

#[highway::on(pipe)]
async fn pipe(_: highway::Connection<Chat>, _: &mut Chat) {}

#[highway::client]
struct Me {
    value: Option<std::sync::MutexGuard<'static, u8>>,
}

#[highway::route("said")]
async fn said(_: u8, me: &mut Me) -> highway::Result {
    me.send("thanks", 1).await
}

#[highway::on(close)]
async fn close(_: &mut Me) {}

#[highway::on(missed)]
async fn missed(_: u64, _: &Me) {}

async fn start() -> highway::Result {
    Chat::server().bind("127.0.0.1:1337").await?;
    let me = Me::connect("ws://127.0.0.1:1337").await?;
    me.send("say", "hello").await
}

fn main() {}
