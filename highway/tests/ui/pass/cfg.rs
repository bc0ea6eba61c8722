//! Conditions on routes, fields and parameters; attributes that stay.

#![expect(
    clippy::non_minimal_cfg,
    reason = "conditions that hold on every machine"
)]

use highway::Handler as _;

#[highway::server]
struct Chat {
    #[cfg(any())]
    absent: Absent,
    #[cfg(all())]
    #[default(3)]
    present: u8,
}

#[highway::route("absent")]
#[cfg(any())]
async fn absent(_: Absent, _: &mut Chat) {}

#[cfg(any())]
#[highway::route("absent")]
async fn absent_too(_: Absent, _: &mut Chat) {}

#[highway::route("present")]
#[allow(unused_variables)]
#[inline]
async fn present(unused: String, chat: &mut Chat) -> u8 {
    chat.present
}

#[highway::around]
#[cfg(any())]
async fn absent_around(_: Absent) {}

#[highway::around("absent", on = Chat)]
#[cfg(any())]
static ABSENT: Absent = Absent;

#[highway::around("present")]
#[allow(unused_variables)]
async fn r#match(
    message: &mut highway::Message,
    chat: &mut Chat,
    next: highway::Next<'_, Chat>,
) -> highway::Outcome {
    next.run(message, chat).await
}

fn main() {
    let routes = Chat::registry().routes();
    assert_eq!(routes.len(), 1);
    assert_eq!(routes[0].name, "present");
    assert_eq!(routes[0].location.line(), 27);
}
