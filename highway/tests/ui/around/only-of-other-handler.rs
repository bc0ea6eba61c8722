//! What looks at a handler is around the routes of that.

use highway::guard::Only;

#[highway::server]
struct Chat;

#[highway::route("say", on = Chat)]
async fn say() {}

#[highway::server]
struct Other;

#[highway::around("say", on = Chat)]
static ONLY: Only<Other> = Only::when(|_: &Other| true);

fn main() {}
