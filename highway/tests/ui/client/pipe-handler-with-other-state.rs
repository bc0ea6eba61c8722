//! The handler for pipes shares the client's state.

struct Db;

#[highway::client(pipe = Friend, state = Db)]
struct Me;

#[highway::client]
struct Friend;

fn main() {}
