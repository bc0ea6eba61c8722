//! The app of the design, around a chat: its lines word for word, with the bodies filled that it leaves open.

use std::sync::Arc;

use axum::{extract::FromRequestParts, response::Response, routing::get};
use highway::route;
use tokio::{net::TcpListener, sync::Notify};

/// What all connections share.
struct Database;

#[highway::server(state = Database)]
struct Chat {
    name: String,
}

#[route("name")]
async fn name(chat: &mut Chat) -> String {
    chat.name.clone()
}

#[highway::client]
struct Me;

async fn index() -> &'static str {
    "the page"
}

/// Somebody whom the app knows.
struct User {
    name: String,
}

impl<S: Sync> FromRequestParts<S> for User {
    type Rejection = ();

    async fn from_request_parts(parts: &mut axum::http::request::Parts, _: &S) -> Result<Self, ()> {
        let name = parts.uri.query().ok_or(())?.to_owned();
        Ok(Self { name })
    }
}

async fn enter(upgrade: highway::axum::Upgrade<Chat>, user: User) -> Response {
    upgrade.accept(|chat: &mut Chat| chat.name = user.name)
}

#[rustfmt::skip]
async fn serve<S: Future<Output = ()> + Send + 'static>(
    listener: TcpListener, db: Database, signal: impl FnOnce() -> S + Send + 'static,
) -> Result<(), Box<dyn std::error::Error>>
{
    let chat = Chat::server().state(db).service()?;        // a tower Service for http::Request<B>, any B; infallible once it is made
    let handle = chat.handle();                            // the ServerHandle: rooms, targets, counts, shutdown
    let entered = axum::Router::new().route("/enter", axum::routing::any(enter)).with_state(chat.clone());
    let app = axum::Router::new().route("/", get(index)).route_service("/chat", chat);
    let app = app.merge(entered);
    axum::serve(listener, app).with_graceful_shutdown(async move { signal().await; handle.shutdown().await }).await?;
    Ok(())
}

#[tokio::test]
async fn app_serves_its_chat_and_ends_it() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let told = Arc::new(Notify::new());
    let signal = Arc::clone(&told);
    let app = async move {
        let served = serve(listener, Database, move || signal.notified_owned()).await;
        served.expect("it ends in order");
    };
    let test = async {
        let mut ends = Vec::new();
        for (path, expected) in [("chat", ""), ("enter?ada", "ada")] {
            let me = Me::connect(&format!("ws://{address}/{path}"))
                .await
                .unwrap();
            let name: String = me.call(highway::unchecked("name"), ()).await.unwrap();
            assert_eq!(name, expected);
            ends.push(me);
        }
        told.notify_one();
        for me in ends {
            assert_eq!(me.closed().await.code(), highway::CloseCode::GOING_AWAY);
        }
    };
    let both = async { tokio::join!(app, test) };
    tokio::time::timeout(std::time::Duration::from_secs(20), both)
        .await
        .expect("it ends in time");
}
