//! Without a handler nobody knows whose hook it is.

#[highway::on(ready)]
async fn ready() {}

fn main() {}
