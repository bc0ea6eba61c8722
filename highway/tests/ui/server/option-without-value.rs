//! The form of an option is shown where its value is missing.

#[highway::server(state)]
struct Chat;

fn main() {}
