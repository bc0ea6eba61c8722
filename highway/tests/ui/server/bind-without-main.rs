//! The address is the generated `main`'s.

#[highway::server(bind = "127.0.0.1:1337")]
struct Chat;

fn main() {}
