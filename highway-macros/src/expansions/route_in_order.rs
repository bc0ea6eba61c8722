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
const __highway_route_say: () = {
    impl ::highway::__private::OneFunctionPerRoute<
        ::highway::__private::Name<'s', 'a', 'y'>,
    > for Chat {}
};
#[doc(hidden)]
#[allow(non_camel_case_types, non_local_definitions)]
trait __highway_route_say {
    const ITEMS: () = {
        #[allow(clippy::redundant_closure)]
        const _: () = {
            #[allow(unused_imports)]
            use ::highway::__private::traits::*;
            ::highway::__private::inventory::submit! {
                ::highway::__private::Entries:: < Chat > ::REGISTER
                .entry(::highway::__private::Entries:: < Chat > ::ITEMS
                .route_in_order("say", ::highway::__private::Shape { takes_items :
                ::highway::__private::check::Comes:: < String > ::STREAM, gives_items :
                ::highway::__private::check::Gives:: < bool > ::STREAM ||
                ::highway::__private::check::Gives:: < bool > ::STREAM_IN_RESULT }, |
                __highway_handler : & mut Chat, __highway_message |
                ::highway::__private::Entries:: < Chat > ::RUN.in_order(move ||
                ::highway::__private::Extract:: < String > ::new()
                .__highway_extract(__highway_message), move | __highway_data |
                say(__highway_data, __highway_handler), | __highway_reply | {
                #[allow(unused_imports)] use ::highway::__private::reply::ReplyRefused as
                _; (& mut & mut & mut & mut { __highway_reply.of:: <
                ::highway::__private::check::Named < Chat, ::highway::__private::Name <
                's', 'a', 'y', > > > () }).__highway_finish(__highway_message) })))
            }
        };
        const _: () = {
            #[allow(unused_imports)]
            use ::highway::__private::{check as __highway_check, traits::*};
            type __HighwayRoute = __highway_check::Named<
                Chat,
                ::highway::__private::Name<'s', 'a', 'y'>,
            >;
            let () = <Chat as ::highway::__private::check::IsHandler>::YES;
            __highway_check::name(__highway_check::Serves::<Chat>::FACTS, "say");
            __highway_check::data(
                __highway_check::Serves::<Chat>::FACTS,
                "say",
                "String",
                __highway_check::Takes::<__HighwayRoute, String>::EXACTLY
                    || __highway_check::Takes::<__HighwayRoute, String>::BORROWED
                    || __highway_check::Takes::<__HighwayRoute, String>::ANYTHING,
                __highway_check::Readable::<String>::READABLE,
            );
            __highway_check::reply(
                __highway_check::Serves::<Chat>::FACTS,
                "say",
                "bool",
                __highway_check::Returns::<__HighwayRoute, bool>::EXACTLY
                    || __highway_check::Returns::<__HighwayRoute, bool>::IN_RESULT
                    || __highway_check::Returns::<__HighwayRoute, bool>::STREAM
                    || __highway_check::Returns::<__HighwayRoute, bool>::STREAM_IN_RESULT
                    || __highway_check::Returns::<__HighwayRoute, bool>::RESULTS
                    || __highway_check::Returns::<
                        __HighwayRoute,
                        bool,
                    >::RESULTS_IN_RESULT,
                __highway_check::Writable::<bool>::WRITABLE
                    || __highway_check::Writable::<bool>::WRITABLE_OK
                    || __highway_check::Gives::<bool>::WRITABLE
                    || __highway_check::Gives::<bool>::WRITABLE_OK
                    || __highway_check::Gives::<bool>::RESULTS
                    || __highway_check::Gives::<bool>::RESULTS_IN_RESULT,
                __highway_check::Returns::<__HighwayRoute, bool>::EXACTLY
                    || !__highway_check::Writable::<bool>::IS_RESULT
                    || __highway_check::Writable::<bool>::FAILURE
                    || __highway_check::Writable::<bool>::ERROR
                        && !__highway_check::Gives::<bool>::STREAM_IN_RESULT,
            );
        };
    };
}
