//! Connections move between threads while their routes run.

use highway::{Message, Next, Outcome};

#[highway::server]
struct Chat;

#[highway::route("say", on = Chat)]
async fn say() {}

#[highway::around]
async fn timed(message: &mut Message, chat: &mut Chat, next: Next<'_, Chat>) -> Outcome {
    let length = std::rc::Rc::new(message.len());
    let outcome = next.run(message, chat).await;
    drop(length);
    outcome
}

fn main() {}
