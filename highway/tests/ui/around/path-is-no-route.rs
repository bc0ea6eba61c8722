//! The path leads to something else.

use highway::{Message, Next, Outcome};

#[highway::protocol]
mod server {
    pub async fn say(text: String);
    pub async fn stop();
}

#[highway::protocol]
mod other {
    pub async fn say(text: String);
}

#[highway::server(serves = server)]
struct Chat;

#[highway::route(server::say, on = Chat)]
async fn say(_: String) {}

#[highway::route(server::stop, on = Chat)]
async fn stop() {}

#[highway::around(Chat)]
async fn timed(message: &mut Message, chat: &mut Chat, next: Next<'_, Chat>) -> Outcome {
    next.run(message, chat).await
}

fn main() {}
