//! A shared board in the browser: cards that all see move, and who is there.
//!
//! ```sh
//! cargo run --example board    # then open http://127.0.0.1:3000 in two windows
//! ```
//!
//! The page needs no build step: the server serves highway's client for browsers at `/highway.js`. When the server is started again the pages come back
//! by themselves, and the cards are read from their file.

mod protocol;

use std::{
    collections::BTreeMap,
    env, fs, io,
    net::SocketAddr,
    path::PathBuf,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use axum::{
    Router,
    http::header,
    response::Html,
    routing::{any_service, get},
};
use clap::Parser;
use highway::{Failure, on, route};
use protocol::{Board, Card, Person, page, server};
use tokio::net::TcpListener;

/// How many cards there may be.
const CARDS: usize = 500;
/// In characters, of a card.
const LONGEST_TEXT: usize = 500;
/// In characters, of a name.
const LONGEST_NAME: usize = 32;

/// A shared board in the browser.
#[derive(Parser)]
struct Arguments {
    /// The address to listen on
    #[arg(long, default_value = "127.0.0.1:3000")]
    bind: String,
    /// The file of the cards [default: highway-board.json in the folder for temporary files]
    #[arg(long)]
    file: Option<PathBuf>,
}

/// What all connections share.
struct Shared {
    file: PathBuf,
    inside: Mutex<Inside>,
}

#[derive(Default)]
struct Inside {
    cards: BTreeMap<u32, Card>,
    people: BTreeMap<u64, String>,
}

impl Shared {
    fn new(file: PathBuf) -> io::Result<Self> {
        let cards: Vec<Card> = match fs::read(&file) {
            Ok(text) => serde_json::from_slice(&text)?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => Vec::new(),
            Err(error) => return Err(error),
        };
        let cards = cards.into_iter().map(|card| (card.id, card)).collect();
        Ok(Self {
            file,
            inside: Mutex::new(Inside {
                cards,
                people: BTreeMap::new(),
            }),
        })
    }

    fn inside(&self) -> MutexGuard<'_, Inside> {
        self.inside.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Writes the cards to their file, whole or not at all.
    fn save(&self) -> io::Result<()> {
        let cards: Vec<Card> = self.inside().cards.values().cloned().collect();
        let part = self.file.with_extension("part");
        fs::write(&part, serde_json::to_vec(&cards)?)?;
        fs::rename(part, &self.file)
    }
}

#[highway::server(serves = server, peer = page, state = Arc<Shared>)]
struct OnBoard;

impl OnBoard {
    fn people(&self) -> Vec<Person> {
        let inside = self.state().inside();
        let people = inside.people.iter().map(|(&id, name)| Person {
            id,
            name: name.clone(),
        });
        people.collect()
    }

    /// Tells everybody, and keeps it.
    async fn publish(&self, card: &Card) -> Result<(), Failure> {
        self.state().save()?;
        Ok(self.everyone().send(page::card, card).await?)
    }
}

#[route(server::join)]
async fn join(name: String, me: &mut OnBoard) -> highway::Result<Board> {
    let name = name.trim().chars().take(LONGEST_NAME).collect();
    me.state().inside().people.insert(u64::from(me.id()), name);
    let people = me.people();
    me.everyone().send(page::people, &people).await?;
    let cards = me.state().inside().cards.values().cloned().collect();
    Ok(Board {
        you: u64::from(me.id()),
        cards,
        people,
    })
}

#[on(close)]
async fn leave(me: &mut OnBoard) -> highway::Result {
    if me
        .state()
        .inside()
        .people
        .remove(&u64::from(me.id()))
        .is_some()
    {
        me.everyone().send(page::people, &me.people()).await?;
    }
    Ok(())
}

#[route(server::add)]
async fn add((x, y): (f64, f64), me: &mut OnBoard) -> Result<u32, Failure> {
    let card = {
        let cards = &mut me.state().inside().cards;
        if cards.len() >= CARDS {
            return Err(Failure::new(format!("there are {CARDS} cards")).with_code("full"));
        }
        let id = cards.last_key_value().map_or(1, |(id, _)| id + 1);
        let text = String::new();
        let card = Card { id, x, y, text };
        cards.insert(id, card.clone());
        card
    };
    me.publish(&card).await?;
    Ok(card.id)
}

#[route(server::change)]
async fn change(mut card: Card, me: &mut OnBoard) -> Result<(), Failure> {
    card.text = card.text.chars().take(LONGEST_TEXT).collect();
    match me.state().inside().cards.get_mut(&card.id) {
        Some(known) => known.clone_from(&card),
        // Somebody has taken it away meanwhile.
        None => return Ok(()),
    }
    me.publish(&card).await
}

#[route(server::remove)]
async fn remove(id: u32, me: &mut OnBoard) -> Result<(), Failure> {
    me.state().inside().cards.remove(&id);
    me.state().save()?;
    Ok(me.everyone().send(page::removed, id).await?)
}

#[route(server::point)]
async fn point((x, y): (f64, f64), me: &mut OnBoard) -> highway::Result {
    me.others()
        .send(page::pointed, (u64::from(me.id()), x, y))
        .await
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let Arguments { bind, file } = Arguments::parse();
    let file = file.unwrap_or_else(|| env::temp_dir().join("highway-board.json"));
    let board = OnBoard::server()
        .state(Arc::new(Shared::new(file)?))
        .javascript("/highway.js")
        .service()?;
    let script = [(header::CONTENT_TYPE, "text/javascript; charset=utf-8")];
    let policy = [(
        header::CONTENT_SECURITY_POLICY,
        "default-src 'self'; style-src 'self' 'unsafe-inline'",
    )];
    let app = Router::new()
        .route("/", get((policy, Html(include_str!("board.html")))))
        .route("/board.js", get((script, include_str!("board.js"))))
        .route("/highway.js", any_service(board.clone()))
        .route("/ws", any_service(board.clone()));
    let listener = TcpListener::bind(&bind).await?;
    println!("http://{}", listener.local_addr()?);
    let app = app.into_make_service_with_connect_info::<SocketAddr>();
    axum::serve(listener, app)
        .with_graceful_shutdown(async move {
            // Without signals it runs on.
            if tokio::signal::ctrl_c().await.is_err() {
                std::future::pending::<()>().await;
            }
            board.handle().shutdown();
        })
        .await?;
    Ok(())
}
