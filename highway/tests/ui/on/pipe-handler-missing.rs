//! A hook belongs to a handler.

#[highway::on(pipe)]
async fn may_reach() {}

fn main() {}
