//! Routes are free functions.

#[highway::server]
struct Chat;

impl Chat {
    #[highway::route("say")]
    async fn say(&mut self, _: String) {}
}

fn main() {}
