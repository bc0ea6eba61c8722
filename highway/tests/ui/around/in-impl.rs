//! Functions around routes are free functions.

use highway::{Message, Next, Outcome};

#[highway::server]
struct Chat;

impl Chat {
    #[highway::around]
    async fn timed(message: &mut Message, chat: &mut Chat, next: Next<'_, Chat>) -> Outcome {
        next.run(message, chat).await
    }
}

fn main() {}
