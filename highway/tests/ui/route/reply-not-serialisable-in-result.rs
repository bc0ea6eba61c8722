//! So does what is in a `Result`.

struct Line;

#[highway::server]
struct Chat;

#[highway::route("last")]
async fn last(_: &mut Chat) -> highway::Result<Option<Line>> {
    Ok(None)
}

fn main() {}
