//! It is a free function.

use highway::{Message, Next, Outcome};

#[highway::server]
struct Chat;

#[highway::route("say", on = Chat)]
async fn say() {}

#[highway::around]
async fn timed(self, message: &mut Message, next: Next<'_, Chat>) -> Outcome {
    todo!("{message:?}")
}

fn main() {}
