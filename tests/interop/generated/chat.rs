//! A handler with routes and types of all kinds.

#![allow(
    unreachable_pub,
    reason = "a protocol is as public as its types have to be"
)]

use std::{
    collections::BTreeMap,
    sync::atomic::{AtomicU64, Ordering},
};

use highway::{Bytes, Connection, Failure, Incoming, Stream, Value, value::Int};
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Line {
    pub from: String,
    pub text: String,
}

/// With what differs between what is read and what is sent.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Card {
    pub id: u64,
    pub title: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent: Option<Box<Card>>,
    #[serde(default)]
    pub tags: Vec<(String, f64)>,
    pub seen: BTreeMap<String, i64>,
    pub picture: Bytes,
    #[serde(rename = "the-end")]
    pub end: bool,
    pub shape: Shape,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Shape {
    Empty,
    Round(f64),
    Square { side: u32 },
    Pair(i8, u128),
}

/// A name that the client's package has too.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Message {
    pub number: u32,
}

/// A name that every program in the other language has.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Map {
    pub zoom: f32,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum DivisionError {
    DivisionByZero { dividend: i64 },
    Overflow,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind")]
pub enum Tagged {
    One { number: u32 },
}

#[highway::protocol]
pub(crate) mod server {
    use super::{
        BTreeMap, Card, DivisionError, Incoming, Int, Map, Message, Shape, Stream, Tagged, Value,
    };

    /// Says something to everyone, in the client's `said`.
    pub async fn say(text: String);
    /// Gives the connection a name.
    ///
    /// Returns the one it had before. No comment ends here: */
    #[route("change-name")]
    pub async fn change_name(name: String) -> String;
    /// Divides.
    pub async fn divide((a, b): (i64, i64)) -> Result<i64, DivisionError>;
    /// Counts, as fast as it is read.
    pub async fn count(to: u64) -> impl Stream<Item = u64>;
    pub async fn sum(numbers: Incoming<i64>) -> Int;
    /// Gives back what it gets.
    pub async fn card(card: Card) -> Card;
    pub async fn shape(shape: Shape) -> Shape;
    pub async fn by_number(names: BTreeMap<u16, Option<String>>) -> BTreeMap<u16, Option<String>>;
    pub async fn wrap(message: Message) -> Map;
    pub async fn visits() -> u64;
    pub async fn anything(value: Value) -> Value;
    pub async fn tagged(tagged: Tagged);
    /// Asks the client, and returns its answer.
    pub async fn ask_back(question: String) -> bool;
    /// Adds what the client's `ticks` gives.
    pub async fn add_ticks(count: u32) -> i64;
}

#[highway::protocol]
pub(crate) mod client {
    use super::{Line, Stream};

    /// What was said.
    pub async fn said(line: Line);
    pub async fn ask(question: String) -> bool;
    pub async fn ticks(count: u32) -> impl Stream<Item = i64>;
}

#[highway::server(serves = server, peer = client)]
pub(crate) struct Chat {
    name: String,
}

#[highway::client(serves = client, peer = server)]
pub(crate) struct Me;

#[highway::route(client::said)]
async fn said(_: Line, _: &mut Me) {}

#[highway::route(client::ask)]
async fn ask(_: String, _: &mut Me) -> bool {
    true
}

#[highway::route(client::ticks)]
async fn ticks(count: u32, _: &mut Me) -> impl Stream<Item = i64> + use<> {
    futures_util::stream::iter(0..i64::from(count))
}

#[highway::route(server::say)]
async fn say(text: String, chat: &mut Chat) -> highway::Result {
    let line = Line {
        from: chat.name.clone(),
        text,
    };
    chat.everyone().send(client::said, &line).await.map(drop)
}

#[highway::route(server::change_name)]
async fn change_name(name: String, chat: &mut Chat) -> String {
    std::mem::replace(&mut chat.name, name)
}

#[highway::route(server::divide)]
async fn divide((a, b): (i64, i64), _: &mut Chat) -> Result<i64, DivisionError> {
    if b == 0 {
        return Err(DivisionError::DivisionByZero { dividend: a });
    }
    a.checked_div(b).ok_or(DivisionError::Overflow)
}

#[highway::route(server::count)]
async fn count(to: u64, _: &mut Chat) -> impl Stream<Item = u64> + use<> {
    futures_util::stream::iter(0..to)
}

#[highway::route(server::sum)]
async fn sum(mut numbers: Incoming<i64>, _: Connection<Chat>) -> Result<Int, Failure> {
    let mut sum = 0;
    while let Some(number) = numbers.next().await {
        sum += i128::from(number.map_err(|error| Failure::new(error.to_string()))?);
    }
    Ok(sum.into())
}

#[highway::route(server::card)]
async fn card(card: Card, _: &mut Chat) -> Card {
    card
}

#[highway::route(server::shape)]
async fn shape(shape: Shape, _: &mut Chat) -> Shape {
    shape
}

#[highway::route(server::by_number)]
async fn by_number(
    names: BTreeMap<u16, Option<String>>,
    _: &mut Chat,
) -> BTreeMap<u16, Option<String>> {
    names
}

#[highway::route(server::wrap)]
async fn wrap(message: Message, _: &mut Chat) -> Map {
    #[expect(clippy::cast_precision_loss, reason = "it is small")]
    Map {
        zoom: message.number as f32,
    }
}

#[highway::route(server::visits)]
async fn visits(_: &mut Chat) -> u64 {
    static VISITS: AtomicU64 = AtomicU64::new(1 << 60);

    VISITS.fetch_add(1, Ordering::Relaxed)
}

#[highway::route(server::anything)]
async fn anything(value: Value, _: &mut Chat) -> Value {
    value
}

#[highway::route(server::tagged)]
async fn tagged(_: Tagged, _: &mut Chat) {}

#[highway::route(server::ask_back)]
async fn ask_back(question: String, chat: Connection<Chat>) -> Result<bool, Failure> {
    let answer = chat.call(client::ask, &question).await;
    answer.map_err(|error| Failure::new(error.to_string()))
}

#[highway::route(server::add_ticks)]
async fn add_ticks(count: u32, chat: Connection<Chat>) -> Result<i64, Failure> {
    let failed = |error: &dyn std::fmt::Display| Failure::new(error.to_string());
    let mut ticks = chat
        .stream(client::ticks, &count)
        .await
        .map_err(|error| failed(&error))?;
    let mut sum = 0;
    while let Some(tick) = ticks.next().await {
        sum += tick.map_err(|error| failed(&error))?;
    }
    Ok(sum)
}
