//! A server has no pipes of its own.

#[highway::server(pipe = Friend)]
struct Chat;

fn main() {}
