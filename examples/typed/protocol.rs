//! What the server and the client of the typed example share: their routes, with names and types.

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
    /// Gives the client a name.
    #[route("change-name")]
    pub async fn change_name(name: String);
    /// Says something, which comes back as a line.
    pub async fn say(text: String);
}

/// What a client answers.
#[highway::protocol]
pub mod client {
    use super::Line;

    /// Somebody said something.
    pub async fn said(line: Line);
}
