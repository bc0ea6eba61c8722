//! There is no data at that time.

#[highway::server]
struct Chat;

#[highway::on(ready)]
async fn ready(_: String, _: &mut Chat) {}

fn main() {}
