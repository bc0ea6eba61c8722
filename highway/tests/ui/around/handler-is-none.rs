//! It belongs to a struct with `#[highway::server]` or `#[highway::client]`.

use highway::{Message, Next, Outcome};

struct Chat;

#[highway::around("say")]
async fn timed(message: &mut Message, chat: &mut Chat, next: Next<'_, Chat>) -> Outcome {
    next.run(message, chat).await
}

fn main() {}
