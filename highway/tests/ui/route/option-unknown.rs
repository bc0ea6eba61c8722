//! Options that are not there are typing mistakes: the nearest one is shown.

#[highway::server]
struct Chat;

#[highway::route("say", onn = Chat)]
async fn say(_: String) {}

fn main() {}
