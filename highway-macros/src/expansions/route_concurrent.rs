#[allow(
    clippy::unused_async,
    clippy::needless_pass_by_value,
    clippy::needless_pass_by_ref_mut,
    clippy::trivially_copy_pass_by_ref
)]
async fn say(text: &str, chat: Connection<Chat>) {}
#[doc(hidden)]
#[allow(non_upper_case_globals, non_local_definitions)]
const __highway_route_say: () = {
    #[allow(unused_imports)]
    use ::highway::__private::check::No as _;
    type __HighwayPath = server::say;
    const _: &::highway::__private::str = <__HighwayPath as ::highway::__private::DeclaredRoute>::NAME;
    const __HIGHWAY_NAME: ::highway::__private::NameParts = ::highway::__private::NameParts::of(
        ::highway::__private::check::Declared::<__HighwayPath>::NAME,
    );
    impl ::highway::__private::OneFunctionPerRoute<
        ::highway::__private::Name<
            { __HIGHWAY_NAME.chars[0usize] },
            { __HIGHWAY_NAME.chars[1usize] },
            { __HIGHWAY_NAME.chars[2usize] },
            { __HIGHWAY_NAME.chars[3usize] },
            { __HIGHWAY_NAME.chars[4usize] },
            { __HIGHWAY_NAME.chars[5usize] },
            { __HIGHWAY_NAME.chars[6usize] },
            { __HIGHWAY_NAME.chars[7usize] },
            { __HIGHWAY_NAME.chars[8usize] },
            { __HIGHWAY_NAME.chars[9usize] },
            { __HIGHWAY_NAME.chars[10usize] },
            { __HIGHWAY_NAME.chars[11usize] },
            { __HIGHWAY_NAME.chars[12usize] },
            { __HIGHWAY_NAME.chars[13usize] },
            { __HIGHWAY_NAME.chars[14usize] },
            { __HIGHWAY_NAME.chars[15usize] },
            { __HIGHWAY_NAME.rest },
        >,
        <Chat as ::highway::__private::Whatever<__HighwayPath>>::It,
    > for Chat {}
    impl<
        __HighwayAround,
    > ::highway::__private::AroundWithHandlerNeedsRoutesWithHandler<
        ::highway::__private::Name<
            { __HIGHWAY_NAME.chars[0usize] },
            { __HIGHWAY_NAME.chars[1usize] },
            { __HIGHWAY_NAME.chars[2usize] },
            { __HIGHWAY_NAME.chars[3usize] },
            { __HIGHWAY_NAME.chars[4usize] },
            { __HIGHWAY_NAME.chars[5usize] },
            { __HIGHWAY_NAME.chars[6usize] },
            { __HIGHWAY_NAME.chars[7usize] },
            { __HIGHWAY_NAME.chars[8usize] },
            { __HIGHWAY_NAME.chars[9usize] },
            { __HIGHWAY_NAME.chars[10usize] },
            { __HIGHWAY_NAME.chars[11usize] },
            { __HIGHWAY_NAME.chars[12usize] },
            { __HIGHWAY_NAME.chars[13usize] },
            { __HIGHWAY_NAME.chars[14usize] },
            { __HIGHWAY_NAME.chars[15usize] },
            { __HIGHWAY_NAME.rest },
        >,
        __HighwayAround,
    > for Chat {}
};
#[doc(hidden)]
#[allow(non_camel_case_types, non_local_definitions)]
trait __highway_route_say {
    const ITEMS: () = {
        type __HighwayPath = server::say;
        #[allow(clippy::redundant_closure)]
        const _: () = {
            #[allow(unused_imports)]
            use ::highway::__private::traits::*;
            ::highway::__private::inventory::submit! {
                ::highway::__private::Entries:: < Chat > ::REGISTER
                .entry(::highway::__private::Entries:: < Chat > ::ITEMS
                .route_concurrent(::highway::__private::check::Declared:: < __HighwayPath
                > ::NAME, ::highway::__private::Shape { takes_items :
                ::highway::__private::check::Comes:: < & str > ::STREAM, gives_items :
                false }, | __highway_handler, __highway_message |
                ::highway::__private::Entries:: < Chat > ::RUN.concurrent(move || async
                move { let __highway_data = ::highway::__private::Extract:: < & str >
                ::new().__highway_extract(& __highway_message) ?; let __highway_reply =
                ::highway::__private::Reply::new(::highway::__private::pin!(say(__highway_data,
                __highway_handler)) . await); { #[allow(unused_imports)] use
                ::highway::__private::reply::ReplyRefused as _; (& mut & mut & mut & mut
                { __highway_reply.of:: < ::highway::__private::check::Declared <
                __HighwayPath > > () }).__highway_finish(& __highway_message) } })))
            }
        };
        const _: () = {
            #[allow(unused_imports)]
            use ::highway::__private::{check as __highway_check, traits::*};
            type __HighwayRoute = __highway_check::Declared<__HighwayPath>;
            let () = <Chat as ::highway::__private::check::IsHandler>::YES;
            __highway_check::protocol(
                __highway_check::Serves::<Chat>::FACTS,
                "Chat",
                __highway_check::Declared::<__HighwayPath>::FACTS,
                ::highway::__private::check::Declared::<__HighwayPath>::NAME,
                __highway_check::BelongsTo::<Chat, __HighwayPath>::YES,
            );
            __highway_check::data(
                __highway_check::Declared::<__HighwayPath>::FACTS,
                ::highway::__private::check::Declared::<__HighwayPath>::NAME,
                "&str",
                __highway_check::Takes::<__HighwayRoute, &str>::EXACTLY
                    || __highway_check::Takes::<__HighwayRoute, &str>::BORROWED
                    || __highway_check::Takes::<__HighwayRoute, &str>::ANYTHING,
                __highway_check::Readable::<&str>::READABLE,
            );
            __highway_check::reply(
                __highway_check::Declared::<__HighwayPath>::FACTS,
                ::highway::__private::check::Declared::<__HighwayPath>::NAME,
                "",
                __highway_check::Returns::<__HighwayRoute, ()>::EXACTLY
                    || __highway_check::Returns::<__HighwayRoute, ()>::IN_RESULT
                    || __highway_check::Returns::<__HighwayRoute, ()>::STREAM
                    || __highway_check::Returns::<__HighwayRoute, ()>::STREAM_IN_RESULT
                    || __highway_check::Returns::<__HighwayRoute, ()>::RESULTS
                    || __highway_check::Returns::<__HighwayRoute, ()>::RESULTS_IN_RESULT,
                __highway_check::Writable::<()>::WRITABLE
                    || __highway_check::Writable::<()>::WRITABLE_OK
                    || __highway_check::Gives::<()>::WRITABLE
                    || __highway_check::Gives::<()>::WRITABLE_OK
                    || __highway_check::Gives::<()>::RESULTS
                    || __highway_check::Gives::<()>::RESULTS_IN_RESULT,
                __highway_check::Returns::<__HighwayRoute, ()>::EXACTLY
                    || !__highway_check::Writable::<()>::IS_RESULT
                    || __highway_check::Writable::<()>::FAILURE
                    || __highway_check::Writable::<()>::ERROR
                        && !__highway_check::Gives::<()>::STREAM_IN_RESULT,
            );
        };
    };
}
