//! The attribute says whose routes a static is around.

use highway::guard::TimeLimit;

#[highway::server]
struct Chat;

#[highway::route("say", on = Chat)]
async fn say() {}

#[highway::around("say")]
static LIMIT: TimeLimit = TimeLimit::new(std::time::Duration::from_secs(1));

fn main() {}
