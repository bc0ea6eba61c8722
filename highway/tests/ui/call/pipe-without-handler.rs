//! A client says which handler its pipes have.

use highway::{Connection, connection::ConnectionId};

#[highway::client]
struct Me;

async fn reach(me: &Connection<Me>, id: ConnectionId) {
    let _ = me.pipe(id).await;
}

fn main() {}
