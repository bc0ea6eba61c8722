//! It returns what its route came to.

use highway::{Message, Next};

#[highway::server]
struct Chat;

#[highway::route("say", on = Chat)]
async fn say() {}

#[highway::around]
async fn timed(message: &mut Message, chat: &mut Chat, next: Next<'_, Chat>) {
    next.run(message, chat).await;
}

fn main() {}
