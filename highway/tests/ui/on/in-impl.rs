//! Hooks are free functions, on either side.

#[highway::server]
struct Chat;

#[highway::client]
struct Me;

impl Chat {
    #[highway::on(connect)]
    async fn connect(_: &mut highway::Request<Chat>) {}
}

impl Me {
    #[highway::on(close)]
    async fn close(_: highway::Close, _: &mut Me) {}

    #[highway::on(reconnecting, on = Me)]
    async fn reconnecting(self) {}
}

fn main() {}
