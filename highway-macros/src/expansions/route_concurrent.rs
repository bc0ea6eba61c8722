#[allow(
    clippy::unused_async,
    clippy::needless_pass_by_value,
    clippy::needless_pass_by_ref_mut,
    clippy::trivially_copy_pass_by_ref
)]
async fn say(text: &str, chat: Connection<Chat>) {}
#[allow(clippy::redundant_closure)]
const _: () = {
    #[allow(unused_imports)]
    use ::highway::__private::traits::*;
    ::highway::__private::inventory::submit! {
        ::highway::__private::Entries:: < Chat > ::REGISTER
        .entry(::highway::__private::Entries:: < Chat > ::ITEMS
        .route_concurrent(::highway::__private::check::Declared:: < server::say > ::NAME,
        ::highway::__private::Shape { takes_items : ::highway::__private::check::Comes::
        < & str > ::STREAM, gives_items : false }, | __handler, __message |
        ::highway::__private::Box::pin(async move { let __data =
        ::highway::__private::Extract:: < & str > ::new().extract(& __message) ?; let
        __reply = ::highway::__private::Reply::new(say(__data, __handler). await); {
        #[allow(unused_imports)] use ::highway::__private::reply::ReplyRefused as _; (&
        mut & mut & mut { __reply }).finish(& __message) } })))
    }
    impl ::highway::__private::OneFunctionPerRoute<
        <server::say as ::highway::__private::DeclaredRoute>::Name,
    > for Chat {}
};
const _: () = {
    #[allow(unused_imports)]
    use ::highway::__private::{check as __check, traits::*};
    type __Route = __check::Declared<server::say>;
    let _: &::highway::__private::str = <Chat as ::highway::__private::Handler>::NAME;
    __check::protocol(
        __check::Serves::<Chat>::FACTS,
        "Chat",
        __check::Declared::<server::say>::FACTS,
        ::highway::__private::check::Declared::<server::say>::NAME,
        __check::BelongsTo::<Chat, server::say>::YES,
    );
    __check::data(
        __check::Declared::<server::say>::FACTS,
        ::highway::__private::check::Declared::<server::say>::NAME,
        "&str",
        __check::Takes::<__Route, &str>::EXACTLY
            || __check::Takes::<__Route, &str>::BORROWED
            || __check::Takes::<__Route, &str>::ANYTHING,
        __check::Readable::<&str>::READABLE,
    );
    __check::reply(
        __check::Declared::<server::say>::FACTS,
        ::highway::__private::check::Declared::<server::say>::NAME,
        "",
        __check::Returns::<__Route, ()>::EXACTLY
            || __check::Returns::<__Route, ()>::IN_RESULT
            || __check::Returns::<__Route, ()>::STREAM
            || __check::Returns::<__Route, ()>::STREAM_IN_RESULT
            || __check::Returns::<__Route, ()>::RESULTS
            || __check::Returns::<__Route, ()>::RESULTS_IN_RESULT,
        __check::Writable::<()>::WRITABLE || __check::Writable::<()>::WRITABLE_OK
            || __check::Gives::<()>::WRITABLE || __check::Gives::<()>::WRITABLE_OK
            || __check::Gives::<()>::RESULTS || __check::Gives::<()>::RESULTS_IN_RESULT,
        !__check::Writable::<()>::IS_RESULT || __check::Writable::<()>::FAILURE
            || __check::Writable::<()>::ERROR && !__check::Gives::<()>::STREAM_IN_RESULT,
    );
};
