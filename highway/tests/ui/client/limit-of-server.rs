//! A client that sets a limit which only a server has.

#[highway::client]
struct Me;

fn main() {
    let _client = Me::client().limits(|limits| {
        limits.message_bytes = 64 * 1024;
        limits.connections = 5;
    });
}
