#[allow(
    clippy::unused_async,
    clippy::needless_pass_by_value,
    clippy::needless_pass_by_ref_mut,
    clippy::trivially_copy_pass_by_ref
)]
async fn timed(message: &mut Message, chat: &mut Chat, next: Next<'_, Chat>) -> Outcome {
    next.run(message, chat).await
}
#[doc(hidden)]
#[allow(non_camel_case_types, non_local_definitions)]
trait __highway_around5_timed_Chat {
    const ITEMS: () = {
        #[allow(clippy::redundant_closure)]
        const _: () = {
            #[allow(unused_imports)]
            use ::highway::__private::traits::*;
            ::highway::__private::inventory::submit! {
                ::highway::__private::Entries:: < Chat > ::REGISTER
                .entry(::highway::__private::Entries:: < Chat > ::ITEMS
                .around_in_order("timed", & [::highway::__private::Pattern::Route("say"),
                ::highway::__private::Pattern::Prefix("admin-")], - 1, |
                __highway_message, __highway_handler : & mut Chat, __highway_next |
                ::highway::__private::Entries:: < Chat > ::RUN.concurrent(move || async
                move { let __highway_ended =
                ::highway::__private::Ended::new(::highway::__private::pin!(timed(__highway_message,
                __highway_handler, __highway_next)) . await); (& mut & mut & mut {
                __highway_ended }).__highway_outcome() })))
            }
        };
        const _: () = {
            enum __HighwayAround {}
            impl<
                const __HIGHWAY_C6: ::highway::__private::char,
                const __HIGHWAY_C7: ::highway::__private::char,
                const __HIGHWAY_C8: ::highway::__private::char,
                const __HIGHWAY_C9: ::highway::__private::char,
                const __HIGHWAY_C10: ::highway::__private::char,
                const __HIGHWAY_C11: ::highway::__private::char,
                const __HIGHWAY_C12: ::highway::__private::char,
                const __HIGHWAY_C13: ::highway::__private::char,
                const __HIGHWAY_C14: ::highway::__private::char,
                const __HIGHWAY_C15: ::highway::__private::char,
                const __HIGHWAY_REST: ::highway::__private::u64,
            > ::highway::__private::AroundWithHandlerNeedsRoutesWithHandler<
                ::highway::__private::Name<
                    'a',
                    'd',
                    'm',
                    'i',
                    'n',
                    '-',
                    __HIGHWAY_C6,
                    __HIGHWAY_C7,
                    __HIGHWAY_C8,
                    __HIGHWAY_C9,
                    __HIGHWAY_C10,
                    __HIGHWAY_C11,
                    __HIGHWAY_C12,
                    __HIGHWAY_C13,
                    __HIGHWAY_C14,
                    __HIGHWAY_C15,
                    __HIGHWAY_REST,
                >,
                __HighwayAround,
            > for Chat {}
        };
        const _: () = {
            #[allow(unused_imports)]
            use ::highway::__private::traits::*;
            ::highway::__private::around::there(
                "Chat",
                ::highway::__private::check::Serves::<Chat>::FACTS,
                "say",
                ::highway::__private::check::Serves::<Chat>::SERVER
                    && ::highway::__private::check::Serves::<Chat>::CLIENT
                    || ::highway::__private::around::Inside::<
                        Chat,
                        ::highway::__private::Name<'s', 'a', 'y'>,
                    >::THERE,
            );
            ::highway::__private::around::in_order(
                "Chat",
                "route `say`",
                ::highway::__private::around::Inside::<
                    Chat,
                    ::highway::__private::Name<'s', 'a', 'y'>,
                >::CONCURRENT,
            );
            ::highway::__private::around::prefix(
                ::highway::__private::check::Serves::<Chat>::FACTS,
                "admin-",
            );
            ::highway::__private::around::outcome(
                "Outcome",
                ::highway::__private::around::Ends::<Outcome>::OUTCOME,
                !::highway::__private::check::Writable::<Outcome>::IS_RESULT
                    || ::highway::__private::check::Writable::<Outcome>::FAILURE
                    || ::highway::__private::check::Writable::<Outcome>::ERROR,
            );
        };
    };
}
