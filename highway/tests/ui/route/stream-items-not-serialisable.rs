//! Items that go over the wire have to be written.

use futures_util::{Stream, stream};

struct Line;

#[highway::server]
struct Chat;

#[highway::route("lines")]
async fn lines(_: &mut Chat) -> impl Stream<Item = Line> + use<> {
    stream::iter([Line])
}

fn main() {}
