//! A rate lets something pass.

use highway::guard::Rate;

#[highway::server]
struct Chat;

#[highway::route("say", on = Chat)]
async fn say() {}

#[highway::around("say", on = Chat)]
static LIMIT: Rate = Rate::per_connection(0, std::time::Duration::from_secs(1));

fn main() {}
