//! Each option is there once.

#[highway::server(state = String, state = String)]
struct Chat;

fn main() {}
