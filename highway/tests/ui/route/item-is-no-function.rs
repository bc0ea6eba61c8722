//! A route is a function.

#[highway::route("say")]
struct Say;

fn main() {}
