//! An error is one, or becomes a failure.

struct NotFound;

#[highway::server]
struct Chat;

#[highway::route("last")]
async fn last(_: &mut Chat) -> Result<(), NotFound> {
    Err(NotFound)
}

fn main() {}
