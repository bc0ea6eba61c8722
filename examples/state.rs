//! State that all connections share, hooks for each stage of a connection, and refusing one before it is there.
//!
//! ```sh
//! cargo run --example state
//! ```
//!
//! The program starts a server that counts and three clients: two of them may come in.

use std::sync::atomic::{AtomicU64, Ordering};

use highway::{Close, Refusal, Request, StatusCode, route};

/// What all connections share: it needs no lock of highway's, so it brings its own.
#[derive(Default)]
struct Counter {
    total: AtomicU64,
}

/// What one connection keeps for itself: only its own routes touch it, one at a time.
#[highway::server(state = Counter)]
struct Server {
    own: u64,
}

#[derive(Clone)]
struct User(String);

/// Runs on the HTTP request, before there is a connection.
#[highway::on(connect)]
async fn authenticate(request: &mut Request<Server>) -> Result<(), Refusal> {
    let user = request
        .headers()
        .get("x-user")
        .and_then(|user| user.to_str().ok());
    let user = user
        .ok_or(Refusal::new(StatusCode::UNAUTHORIZED, "say who you are"))?
        .to_owned();
    request.extensions_mut().insert(User(user));
    Ok(())
}

/// Runs once both sides have told their routes.
#[highway::on(ready)]
async fn greet(server: &mut Server) -> highway::Result {
    let name = server
        .extension::<User>()
        .map_or("nobody", |user| user.0.as_str());
    server.send("hello", format!("hello {name}")).await
}

#[route("add")]
async fn add(amount: u64, server: &mut Server) -> highway::Result {
    server.own += amount;
    let total = server.state().total.fetch_add(amount, Ordering::Relaxed) + amount;
    server.send("sum", (server.own, total)).await
}

/// Runs when the connection has ended, however it did.
#[highway::on(close)]
async fn goodbye(close: Close, server: &mut Server) {
    println!("server: connection {} ended with {close}", server.id());
}

#[highway::client]
struct Client;

#[route("hello", on = Client)]
async fn hello(text: &str) {
    println!("client: {text}");
}

#[route("sum")]
async fn sum((own, total): (u64, u64), client: &mut Client) -> highway::Result {
    println!("client: {own} of {total}");
    client.close().await;
    Ok(())
}

#[tokio::main]
async fn main() -> highway::Result {
    let server = Server::server()
        .state(Counter::default())
        .bind("127.0.0.1:0")
        .await?;
    let url = server.url();
    tokio::spawn(server.run());

    if let Err(error) = Client::connect(&url).await {
        println!("client: {error}");
    }
    for (user, amount) in [("Ada", 1), ("Grace", 41)] {
        let client = Client::client()
            .header("x-user", user)
            .connect(&url)
            .await?;
        client.send("add", amount).await?;
        client.closed().await;
    }
    Ok(())
}
