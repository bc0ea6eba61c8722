//! Other hooks have nothing around them.

use highway::{Message, Next, Outcome};

#[highway::server]
struct Chat;

#[highway::route("say", on = Chat)]
async fn say() {}

#[highway::around(on(ready))]
async fn timed(message: &mut Message, chat: &mut Chat, next: Next<'_, Chat>) -> Outcome {
    next.run(message, chat).await
}

fn main() {}
