//! A static is not mutable.

use highway::guard::TimeLimit;

#[highway::server]
struct Chat;

#[highway::route("say", on = Chat)]
async fn say() {}

#[highway::around("say", on = Chat)]
static mut LIMIT: TimeLimit = TimeLimit::new(std::time::Duration::from_secs(1));

fn main() {}
