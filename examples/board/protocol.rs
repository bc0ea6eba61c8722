//! What the server and its pages say to each other.

use serde::{Deserialize, Serialize};

/// A card on the board.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Card {
    /// Its number.
    pub id: u32,
    /// Where it is, in pixels from the left.
    pub x: f64,
    /// In pixels from the top.
    pub y: f64,
    /// What is on it.
    pub text: String,
}

/// Somebody who has the board open.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Person {
    /// The number of the connection.
    pub id: u64,
    /// How others see them.
    pub name: String,
}

/// What somebody who comes gets to see.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Board {
    /// The number of one's own connection.
    pub you: u64,
    /// All cards.
    pub cards: Vec<Card>,
    /// All who are there, oneself too.
    pub people: Vec<Person>,
}

/// The routes of the server.
#[highway::protocol]
pub mod server {
    use super::{Board, Card};

    /// Comes to the board under a name, and returns what is there.
    pub async fn join(name: String) -> Board;
    /// Adds a card at a place, and returns its number.
    pub async fn add(place: (f64, f64)) -> u32;
    /// Moves a card, or writes on it.
    pub async fn change(card: Card);
    /// Takes a card away.
    pub async fn remove(id: u32);
    /// Shows the others where one points.
    pub async fn point(place: (f64, f64));
}

/// The routes of a page.
#[highway::protocol]
pub mod page {
    use super::{Card, Person};

    /// A card is new, or has changed.
    pub async fn card(card: Card);
    /// A card is gone.
    pub async fn removed(id: u32);
    /// Who is there now.
    pub async fn people(people: Vec<Person>);
    /// Somebody points at a place.
    pub async fn pointed((id, x, y): (u64, f64, f64));
}
