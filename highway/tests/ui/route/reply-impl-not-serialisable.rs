//! Nor can a type without a name hide that it can't be written.

#[highway::server]
struct Chat;

#[highway::route("last")]
async fn last(_: &mut Chat) -> impl std::fmt::Display {
    1
}

fn main() {}
