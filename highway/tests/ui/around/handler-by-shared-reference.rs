//! The route needs the handler.

use highway::{Message, Next, Outcome};

#[highway::server]
struct Chat;

#[highway::route("say", on = Chat)]
async fn say() {}

#[highway::around]
async fn timed(message: &mut Message, _: &Chat, _: Next<'_, Chat>) -> Outcome {
    todo!("{message:?}")
}

fn main() {}
