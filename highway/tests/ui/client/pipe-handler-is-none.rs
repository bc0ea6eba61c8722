//! The handler for pipes is one.

#[highway::client(pipe = Friend)]
struct Me;

struct Friend;

fn main() {}
