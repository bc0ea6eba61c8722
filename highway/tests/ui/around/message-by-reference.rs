//! The message can be changed.

use highway::{Message, Next, Outcome};

#[highway::server]
struct Chat;

#[highway::route("say", on = Chat)]
async fn say() {}

#[highway::around]
async fn timed(message: &Message, _: &mut Chat, _: Next<'_, Chat>) -> Outcome {
    todo!("{message:?}")
}

fn main() {}
