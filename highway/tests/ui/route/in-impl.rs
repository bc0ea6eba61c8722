//! Routes are free functions, not methods.

#[highway::server]
struct Chat;

impl Chat {
    #[highway::route("say")]
    async fn say(&mut self, _: String) {}

    #[highway::on(ready)]
    async fn ready(&mut self) {}
}

fn main() {}
