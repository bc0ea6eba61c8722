//! It takes no more than three.

use highway::{Message, Next, Outcome};

#[highway::server]
struct Chat;

#[highway::route("say", on = Chat)]
async fn say() {}

#[highway::around]
async fn timed(message: &mut Message, chat: &mut Chat, next: Next<'_, Chat>, data: String) -> Outcome {
    drop(data);
    next.run(message, chat).await
}

fn main() {}
