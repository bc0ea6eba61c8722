//! A hook belongs to a struct with `#[highway::server]` or `#[highway::client]`.

struct Chat;

#[highway::on(ready)]
async fn ready(_: &mut Chat) {}

fn main() {}
