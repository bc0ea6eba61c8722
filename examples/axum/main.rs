//! A chat inside an app of axum's: a page, a login with a cookie, a REST route, metrics, and the chat on the same port.
//!
//! ```sh
//! cargo run --example axum    # then open http://127.0.0.1:3000 in two windows
//! ```

use std::{
    collections::HashMap,
    net::SocketAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use axum::{
    Form, Json, Router,
    extract::{FromRef, FromRequestParts, State},
    http::{StatusCode, header, request::Parts},
    response::{AppendHeaders, Html, IntoResponse, Redirect, Response},
    routing::{any, get, post},
};
use clap::Parser;
use highway::{Close, axum::Upgrade, metrics::PROMETHEUS_CONTENT_TYPE, on, route, server::Service};
use tokio::net::TcpListener;

/// How many people may be logged in.
const SESSIONS: usize = 1000;
/// In characters, of a name.
const LONGEST_NAME: usize = 32;
/// In characters, of what somebody says.
const LONGEST_TEXT: usize = 1000;

/// A chat inside an app of axum's.
#[derive(Parser)]
struct Arguments {
    /// The address to listen on
    #[arg(long, default_value = "127.0.0.1:3000")]
    bind: String,
}

/// What the app's handlers share.
#[derive(Clone)]
struct App {
    chat: Service<Chat>,
    sessions: Arc<Mutex<HashMap<String, String>>>,
}

impl App {
    /// The names of those who are logged in, by what their cookie holds.
    fn sessions(&self) -> MutexGuard<'_, HashMap<String, String>> {
        self.sessions.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// So that [`Upgrade`] finds the chat.
impl FromRef<App> for Service<Chat> {
    fn from_ref(app: &App) -> Self {
        app.chat.clone()
    }
}

/// Who is logged in, as an argument of the app's handlers.
struct User(String);

impl FromRequestParts<App> for User {
    type Rejection = (StatusCode, &'static str);

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Self::Rejection> {
        let cookies = parts.headers.get_all(header::COOKIE).iter();
        let cookies = cookies.filter_map(|line| line.to_str().ok());
        let mut tokens = cookies
            .flat_map(|line| line.split("; "))
            .filter_map(|cookie| cookie.strip_prefix("session="));
        let user = tokens.find_map(|token| app.sessions().get(token).cloned());
        user.map(Self)
            .ok_or((StatusCode::UNAUTHORIZED, "log in first"))
    }
}

#[derive(serde::Deserialize)]
struct Login {
    name: String,
}

async fn log_in(State(app): State<App>, Form(Login { name }): Form<Login>) -> Response {
    let name: String = name.trim().chars().take(LONGEST_NAME).collect();
    if name.is_empty() {
        return (StatusCode::BAD_REQUEST, "a name has a letter at least").into_response();
    }
    let token = format!("{:032x}", rand::random::<u128>());
    let mut sessions = app.sessions();
    if sessions.len() >= SESSIONS {
        return (StatusCode::SERVICE_UNAVAILABLE, "there is no room").into_response();
    }
    sessions.insert(token.clone(), name);
    let cookie = format!("session={token}; HttpOnly; SameSite=Strict");
    (
        AppendHeaders([(header::SET_COOKIE, cookie)]),
        Redirect::to("/"),
    )
        .into_response()
}

async fn page() -> Html<&'static str> {
    Html(include_str!("page.html"))
}

/// Who is in the chat.
async fn people(State(app): State<App>) -> Json<Vec<String>> {
    Json(app.chat.handle().names())
}

/// What the chat counts, for Prometheus.
async fn metrics(State(app): State<App>) -> impl IntoResponse {
    let text = app.chat.handle().metrics().to_prometheus();
    ([(header::CONTENT_TYPE, PROMETHEUS_CONTENT_TYPE)], text)
}

/// The way into the chat, for those who are logged in.
async fn enter(User(name): User, upgrade: Upgrade<Chat>) -> Response {
    upgrade.accept(|chat: &mut Chat| chat.name = name)
}

#[highway::server]
struct Chat {
    name: String,
}

#[on(ready)]
async fn arrived(chat: &mut Chat) -> highway::Result {
    chat.set_name(&chat.name)?;
    chat.everyone().send("arrived", &chat.name).await
}

#[on(close)]
async fn left(_: &Close, chat: &mut Chat) -> highway::Result {
    chat.everyone().send("left", &chat.name).await
}

#[route("say")]
async fn say(text: String, chat: &mut Chat) -> highway::Result {
    let text: String = text.chars().take(LONGEST_TEXT).collect();
    chat.everyone().send("said", (&chat.name, text)).await
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let Arguments { bind } = Arguments::parse();
    let chat = Chat::server().service()?;
    let handle = chat.handle();
    let app = Router::new()
        .route("/", get(page))
        .route("/login", post(log_in))
        .route("/people", get(people))
        .route("/metrics", get(metrics))
        .route("/chat", any(enter))
        .with_state(App {
            chat,
            sessions: Arc::default(),
        });
    let listener = TcpListener::bind(bind).await?;
    println!("listening on http://{}", listener.local_addr()?);
    let app = app.into_make_service_with_connect_info::<SocketAddr>();
    axum::serve(listener, app)
        .with_graceful_shutdown(async move {
            stopped().await;
            handle.shutdown().await;
        })
        .await?;
    Ok(())
}

/// Done when the program is told to stop.
async fn stopped() {
    let interrupted = async {
        tokio::signal::ctrl_c()
            .await
            .expect("signals can be waited for");
    };
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};

        let mut terminated = signal(SignalKind::terminate()).expect("signals can be waited for");
        tokio::select! {
            () = interrupted => {}
            _ = terminated.recv() => {}
        }
    }
    #[cfg(not(unix))]
    interrupted.await;
}
