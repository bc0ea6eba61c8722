//! Where none is near, all are shown.

#[highway::server(workers = 4)]
struct Chat;

fn main() {}
