//! It goes on a function or a static.

#[highway::server]
struct Chat;

#[highway::route("say", on = Chat)]
async fn say() {}

#[highway::around]
struct Timed;

fn main() {}
