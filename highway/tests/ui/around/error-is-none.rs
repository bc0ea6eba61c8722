//! Its error is one of a route.

use highway::{Message, Next, Outcome};

#[highway::server]
struct Chat;

#[highway::route("say", on = Chat)]
async fn say() {}

struct Wrong;

#[highway::around]
async fn timed(message: &mut Message, chat: &mut Chat, next: Next<'_, Chat>) -> Result<Outcome, Wrong> {
    Ok(next.run(message, chat).await)
}

fn main() {}
