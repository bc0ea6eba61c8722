//! It is clients that miss messages.

#[highway::server]
struct Chat;

#[highway::on(missed)]
async fn missed(count: u64, chat: &mut Chat) {
    let _ = (count, chat);
}

fn main() {}
