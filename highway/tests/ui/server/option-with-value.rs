//! A flag takes no value.

#[highway::server(main = true)]
struct Chat;
