//! Connections move between threads while their routes run.

#[highway::server]
struct Chat;

#[highway::route("say")]
async fn say(text: String, chat: &mut Chat) -> highway::Result {
    let text = std::rc::Rc::new(text);
    chat.send("said", text.len()).await?;
    drop(text);
    Ok(())
}

fn main() {}
