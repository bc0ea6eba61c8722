//! It takes all three.

use highway::{Message, Next, Outcome};

#[highway::server]
struct Chat;

#[highway::route("say", on = Chat)]
async fn say() {}

#[highway::around]
async fn timed(message: &mut Message, next: Next<'_, Chat>) -> Outcome {
    let _ = (message, next);
    todo!()
}

fn main() {}
