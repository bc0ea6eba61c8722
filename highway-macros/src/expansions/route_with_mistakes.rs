#[allow(
    clippy::unused_async,
    clippy::needless_pass_by_value,
    clippy::needless_pass_by_ref_mut,
    clippy::trivially_copy_pass_by_ref
)]
async fn say(text: String, chat: &mut Chat) -> bool {
    true
}
#[doc(hidden)]
#[allow(non_upper_case_globals, non_local_definitions)]
const __highway_route3_say_meta: () = {
    impl ::highway::__private::OneFunctionPerRoute<
        ::highway::__private::Name<'m', 'e', 't', 'a'>,
    > for Chat {}
};
::core::compile_error! {
    "unknown option `onn`; did you mean `on`?"
}
::core::compile_error! {
    "the function's parameter says whose route it is already: leave `on = …` out"
}
