//! A connection is taken by value.

use highway::{Connection, Message, Next, Outcome};

#[highway::server]
struct Chat;

#[highway::route("say", on = Chat)]
async fn say() {}

#[highway::around]
async fn timed(message: &mut Message, _: &mut Connection<Chat>, _: Next<'_, Connection<Chat>>) -> Outcome {
    todo!("{message:?}")
}

fn main() {}
