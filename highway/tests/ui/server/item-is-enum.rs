//! A handler is a struct; its routes are not reported as well.

#[highway::server]
enum Chat {
    Open,
}

#[highway::route("say")]
async fn say(_: String, chat: &mut Chat) -> highway::Result {
    chat.send("said", 1).await
}

fn main() {}
