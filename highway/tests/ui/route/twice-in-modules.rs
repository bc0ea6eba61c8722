//! A route has one function, in whatever module.

#[highway::server]
struct Chat;

mod one {
    #[highway::route("say")]
    async fn say(_: String, _: &mut super::Chat) {}
}

mod other {
    use super::Chat as Talk;

    #[highway::route("say")]
    async fn say(_: String, _: &mut Talk) {}
}

fn main() {}
