//! A static is of a type that can be around routes.

#[highway::server]
struct Chat;

#[highway::route("say", on = Chat)]
async fn say() {}

#[highway::around("say", on = Chat)]
static LIMIT: u32 = 7;

fn main() {}
