//! A type that isn't there is reported once.

#[highway::server]
struct Chat;

#[highway::route("say")]
async fn say(_: Lin, _: &mut Chat) -> Lin {
    loop {}
}

fn main() {}
