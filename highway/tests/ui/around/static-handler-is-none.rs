//! The option names a handler.

use highway::guard::TimeLimit;

#[highway::server]
struct Chat;

#[highway::route("say", on = Chat)]
async fn say() {}

struct Other;

#[highway::around(on = Other)]
static LIMIT: TimeLimit = TimeLimit::new(std::time::Duration::from_secs(1));

fn main() {}
