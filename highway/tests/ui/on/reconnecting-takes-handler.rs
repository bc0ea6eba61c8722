//! There is no handler while there is no connection.

#[highway::client]
struct Me;

#[highway::on(reconnecting)]
async fn away(_: &mut Me) {}

fn main() {}
