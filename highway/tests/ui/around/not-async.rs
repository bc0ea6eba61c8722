//! It waits for its route.

use highway::{Message, Next, Outcome};

#[highway::server]
struct Chat;

#[highway::route("say", on = Chat)]
async fn say() {}

#[highway::around]
fn timed(message: &mut Message, _: &mut Chat, _: Next<'_, Chat>) -> Outcome {
    todo!("{message:?}")
}

fn main() {}
