//! What the server does for its clients.

/// The routes of the server.
#[highway::protocol]
pub mod server {
    use highway::connection::ConnectionId;

    /// Takes a name, under which others find the client.
    pub async fn name(name: String);
    /// Who has a name.
    pub async fn find(name: String) -> Option<ConnectionId>;
}
