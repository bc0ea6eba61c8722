//! It returns an outcome, and nothing else.

use highway::{Message, Next};

#[highway::server]
struct Chat;

#[highway::route("say", on = Chat)]
async fn say() {}

#[highway::around]
async fn timed(message: &mut Message, chat: &mut Chat, next: Next<'_, Chat>) -> bool {
    next.run(message, chat).await.is_ok()
}

fn main() {}
