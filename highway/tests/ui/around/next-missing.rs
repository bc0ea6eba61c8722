//! What comes next is the third.

use highway::{Message, Outcome};

#[highway::server]
struct Chat;

#[highway::route("say", on = Chat)]
async fn say() {}

#[highway::around]
async fn timed(message: &mut Message, _: &mut Chat, _: String) -> Outcome {
    todo!("{message:?}")
}

fn main() {}
