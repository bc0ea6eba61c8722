//! What comes next takes the same handler.

use highway::{Message, Next, Outcome};

#[highway::server]
struct Chat;

#[highway::route("say", on = Chat)]
async fn say() {}

#[highway::server]
struct Other;

#[highway::around]
async fn timed(message: &mut Message, _: &mut Chat, _: Next<'_, Other>) -> Outcome {
    todo!("{message:?}")
}

fn main() {}
