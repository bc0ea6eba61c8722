//! What a handler serves is a module with `#[highway::protocol]`.

mod server {}

#[highway::server(serves = server)]
struct Chat;

fn main() {}
