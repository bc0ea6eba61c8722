//! The same around all routes.

use highway::{Connection, Message, Next, Outcome};

#[highway::server]
struct Chat;

#[highway::route("say", on = Chat)]
async fn say() {}

#[highway::route("count")]
async fn count(_: Connection<Chat>) -> u32 {
    7
}

#[highway::around]
async fn timed(message: &mut Message, chat: &mut Chat, next: Next<'_, Chat>) -> Outcome {
    next.run(message, chat).await
}

fn main() {}
