//! A misspelt path gets the compiler's own help.

#[highway::protocol]
mod client {
    pub async fn said(text: String);
}

#[highway::server(peer = client)]
struct Chat;

#[highway::route("say")]
async fn say(text: String, chat: &mut Chat) -> highway::Result {
    chat.send(client::siad, text).await
}

fn main() {}
