//! The generated `main` has no other way to make the state.

struct Db;

#[highway::server(main, state = Db)]
struct Chat;
