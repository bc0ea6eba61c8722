// protocol.rs: shared by the server, the client and whatever is generated from it
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Line { pub from: String, pub text: String }

/// What the server answers.
#[highway::protocol]
pub mod server {
    use super::*;

    /// Enters a room; gives back the names of those who are in it.
    pub async fn join(room: String) -> Vec<String>;
    /// Says something to everybody in the room.
    pub async fn say(text: String);
    /// A route whose name is no Rust identifier.
    #[route("change-name")]
    pub async fn change_name(name: String) -> bool;
}

/// What a client answers.
#[highway::protocol]
pub mod client {
    use super::*;

    pub async fn said(line: Line);
}
