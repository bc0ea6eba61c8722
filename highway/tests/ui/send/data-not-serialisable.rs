//! What goes over the wire has to be written.

struct Line;

#[highway::server]
struct Chat;

#[highway::route("say")]
async fn say(_: String, chat: &mut Chat) -> highway::Result {
    chat.send("said", Line).await
}

fn main() {}
