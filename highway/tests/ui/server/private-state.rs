//! The state of a public handler is public.

mod routes {
    struct Db;

    #[highway::server(state = Db)]
    pub struct Chat;
}

fn main() {}
