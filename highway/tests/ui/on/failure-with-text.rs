//! What a failure hook takes first is the route that failed.

#[highway::server]
struct Chat;

#[highway::on(failure)]
async fn failed(_: String, _: &mut Chat) {}

fn main() {}
