//! What comes next takes the handler as the function does.

use highway::{Connection, Message, Next, Outcome};

#[highway::server]
struct Chat;

#[highway::route("say", on = Chat)]
async fn say() {}

#[highway::around]
async fn timed(message: &mut Message, _: Connection<Chat>, _: Next<'_, Chat>) -> Outcome {
    todo!("{message:?}")
}

fn main() {}
