//! Both ends of a pipe are clients.

#[highway::client(pipe = Chat)]
struct Me;

#[highway::server]
struct Chat;

fn main() {}
