//! All mistakes are reported in one build.

struct Line;

#[highway::server(serve = server, bind = "127.0.0.1:1337", state)]
struct Chat;

#[highway::route("meta", one = Chat)]
fn meta<T>(_: T, _: Chat) {}

#[highway::route("say")]
async fn say(_: Line, _: &mut Chat) -> Line {
    Line
}

#[highway::on(reddy)]
async fn ready(_: &mut Chat) {}

fn main() {}
