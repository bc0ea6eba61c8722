//! A server whose connections share a state wants it.

struct Db;

#[highway::server(state = Db)]
struct Chat;

#[highway::client(state = Db)]
struct Me;

async fn serve() -> highway::Result {
    Chat::server().bind("127.0.0.1:1337").await?.await
}

async fn connect() -> highway::Result {
    Me::client().connect("ws://127.0.0.1:1337").await?;
    Ok(())
}


fn main() {}
