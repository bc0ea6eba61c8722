//! Options that are not there are typing mistakes: the nearest one is shown.

#[highway::server(sate = String)]
struct Chat;

fn main() {}
