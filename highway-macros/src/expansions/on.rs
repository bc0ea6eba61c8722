#[allow(
    clippy::unused_async,
    clippy::needless_pass_by_value,
    clippy::needless_pass_by_ref_mut,
    clippy::trivially_copy_pass_by_ref
)]
async fn part(close: Close, chat: &mut Chat) {}
#[doc(hidden)]
#[allow(non_camel_case_types, non_local_definitions)]
trait __highway_on4_part_close {
    const ITEMS: () = {
        const _: () = {
            #[allow(unused_imports)]
            use ::highway::__private::traits::*;
            ::highway::__private::inventory::submit! {
                ::highway::__private::Entries:: < Chat > ::REGISTER
                .entry(::highway::__private::Entries:: < Chat > ::ITEMS.close(|
                __highway_handler : & mut Chat, __highway_told |
                ::highway::__private::Entries:: < Chat > ::RUN.concurrent(move || async
                move { let __highway_reply =
                ::highway::__private::Reply::new(::highway::__private::pin!(part(::highway::__private::Clone::clone(__highway_told),
                __highway_handler)) . await); ::highway::__private::reply::hook((& mut &
                mut & mut { __highway_reply }).__highway_finish(&
                ::highway::__private::Message::of_hook())) })))
            }
        };
        const _: () = {
            #[allow(unused_imports)]
            use ::highway::__private::traits::*;
            let () = <Chat as ::highway::__private::check::IsHandler>::YES;
        };
    };
}
