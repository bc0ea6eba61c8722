#[allow(
    clippy::unused_async,
    clippy::needless_pass_by_value,
    clippy::needless_pass_by_ref_mut,
    clippy::trivially_copy_pass_by_ref
)]
async fn say(text: String, chat: &mut Chat) -> bool {
    true
}
::core::compile_error! {
    "unknown option `onn`; did you mean `on`?"
}
::core::compile_error! {
    "route name `meta` is reserved: it is the route on which peers tell their routes"
}
