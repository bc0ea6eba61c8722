//! Pipes lead to connections, by their numbers.

use highway::Connection;

#[highway::client(pipe = Friend)]
struct Me;

#[highway::client]
struct Friend;

async fn reach(me: &Connection<Me>) {
    let _ = me.pipe("bob").await;
}

fn main() {}
