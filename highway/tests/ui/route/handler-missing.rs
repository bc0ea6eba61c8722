//! Without a handler nobody knows whose route it is.

#[highway::route("say")]
async fn say(_: String) {}

fn main() {}
