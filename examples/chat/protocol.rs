//! What the server and the client of the chat share: their routes, with names and types.

use serde::{Deserialize, Serialize};

/// Something that somebody says.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Line {
    /// Who says it.
    pub from: String,
    /// What they say.
    pub text: String,
}

/// What the server answers.
#[highway::protocol]
pub mod server {
    /// Enters a room; gives back the names of those who are in it.
    pub async fn join(room: String) -> Vec<String>;
    /// Says something to everybody else in the room.
    pub async fn say(text: String);
    /// Changes the name; gives back false when somebody else has it.
    #[route("change-name")]
    pub async fn change_name(name: String) -> bool;
    /// Tells the names of those who are in the room.
    pub async fn who() -> Vec<String>;
}

/// What a client answers.
#[highway::protocol]
pub mod client {
    use super::Line;

    /// Somebody said something.
    pub async fn said(line: Line);
    /// What was said in a room before the client came, the oldest line first.
    pub async fn earlier(lines: Vec<Line>);
    /// Somebody entered the room.
    pub async fn joined(name: String);
    /// Somebody left the room, for another one or for good.
    pub async fn left(name: String);
    /// Somebody in the room has another name: the old one and the new one.
    pub async fn renamed(names: (String, String));
}
