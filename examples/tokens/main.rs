//! An answer that comes word by word, as those of language models do, and stops when nobody wants it any more.
//!
//! ```sh
//! cargo run --example tokens    # then open http://127.0.0.1:3000
//! ```

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use axum::{
    Router,
    response::Html,
    routing::{any_service, get},
};
use clap::Parser;
use futures_util::{Stream, StreamExt, stream};
use highway::route;
use tokio::net::TcpListener;

/// What stands for a model.
const ANSWER: &str = "A stream is a call with many items as its answer. The page takes them with a loop, and the server makes no more than the page \
                      takes. When the loop is left, the route ends here at once: nobody pays for words that nobody reads. ";

/// An answer that comes word by word.
#[derive(Parser)]
struct Arguments {
    /// The address to listen on
    #[arg(long, default_value = "127.0.0.1:3000")]
    bind: String,
}

/// The routes of the server.
#[highway::protocol]
mod server {
    use futures_util::Stream;

    /// Answers a question, word by word.
    pub async fn ask(question: String) -> impl Stream<Item = String>;
    /// How many answers are under way.
    pub async fn running() -> usize;
}

/// How many answers are under way.
type Running = Arc<AtomicUsize>;

#[highway::server(serves = server, state = Running)]
struct Model;

/// Counts an answer as long as it is there.
struct Counted(Running);

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

#[route(server::ask)]
async fn ask(question: String, model: &mut Model) -> impl Stream<Item = String> + use<> {
    let running = Arc::clone(model.state());
    running.fetch_add(1, Ordering::Relaxed);
    let counted = Counted(running);
    let words = ANSWER.split_inclusive(' ').cycle().map(ToOwned::to_owned);
    let words = stream::iter([format!("“{question}” ")]).chain(stream::iter(words));
    words.then(move |word| {
        // It goes with the stream.
        let _ = &counted;
        async move {
            tokio::time::sleep(Duration::from_millis(60)).await;
            word
        }
    })
}

#[route(server::running)]
async fn running(model: &mut Model) -> usize {
    model.state().load(Ordering::Relaxed)
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let Arguments { bind } = Arguments::parse();
    let model = Model::server()
        .state(Running::default())
        .javascript("/highway.js")
        .service()?;
    let app = Router::new()
        .route("/", get(Html(include_str!("tokens.html"))))
        .route("/highway.js", any_service(model.clone()))
        .route("/ws", any_service(model));
    let listener = TcpListener::bind(&bind).await?;
    println!("http://{}", listener.local_addr()?);
    let app = app.into_make_service_with_connect_info::<SocketAddr>();
    axum::serve(listener, app).await?;
    Ok(())
}
