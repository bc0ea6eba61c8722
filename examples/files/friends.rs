//! What two clients do for each other over a pipe.

use serde::{Deserialize, Serialize};

/// A file that is to be sent.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct File {
    /// Its name, without a folder.
    pub name: String,
    /// Its length.
    pub bytes: u64,
}

/// The routes of both.
#[highway::protocol]
pub mod friend {
    use super::File;
    use highway::Bytes;

    /// Whether the other one takes a file.
    pub async fn offer(file: File) -> bool;
    /// The content of the file that was offered last; gives back the SHA-256 of what arrived.
    pub async fn content(blocks: highway::Incoming<Bytes>) -> Bytes;
}
