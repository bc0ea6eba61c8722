//! A failure hook takes the route that failed and the handler, and nothing else.

use highway::FailedRoute;

#[highway::server]
struct Chat;

#[highway::on(failure)]
async fn failed(_: &FailedRoute, _: &mut Chat, _: String) {}

fn main() {}
