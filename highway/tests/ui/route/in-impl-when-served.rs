//! A route that stands in an `impl` is one error: with a receiver, without, and with another mistake.

#[highway::protocol]
mod server {
    pub async fn join(room: String);
    pub async fn leave(room: String);
    pub async fn say(text: String);
    pub async fn shout(text: String);
}

#[highway::server(serves = server)]
struct Chat;

impl Chat {
    #[highway::route(server::join)]
    async fn join(&mut self, _: String) {}

    #[highway::route("leave")]
    async fn leave(self, _: String) {}

    #[highway::route(server::say)]
    async fn say(_: String, _: &mut Chat) {}

    #[highway::route("shout")]
    async fn shout(_: String, _: highway::Connection<Chat>) {}

    #[highway::on(ready)]
    async fn ready(_: &mut Chat) {}

    #[highway::on(pipe)]
    async fn pipe(_: highway::Connection<Chat>) {}
}

fn main() {}
