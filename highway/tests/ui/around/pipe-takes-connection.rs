//! The same around a hook.

use highway::{Connection, Message, Next, Outcome};

#[highway::server]
struct Chat;

#[highway::route("say", on = Chat)]
async fn say() {}

#[highway::on(pipe)]
async fn may_reach(_: Connection<Chat>, _: Connection<Chat>) {}

#[highway::around(on(pipe))]
async fn timed(message: &mut Message, chat: &mut Chat, next: Next<'_, Chat>) -> Outcome {
    next.run(message, chat).await
}

fn main() {}
