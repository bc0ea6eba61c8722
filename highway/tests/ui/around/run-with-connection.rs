//! Around routes that run in order, the handler is handed on.

use highway::{Message, Next, Outcome};

#[highway::server]
struct Chat;

#[highway::route("say", on = Chat)]
async fn say() {}

#[highway::around]
async fn timed(message: &mut Message, _: &mut Chat, next: Next<'_, Chat>) -> Outcome {
    next.run(message).await
}

fn main() {}
