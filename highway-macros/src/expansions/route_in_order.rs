#[allow(
    clippy::unused_async,
    clippy::needless_pass_by_value,
    clippy::needless_pass_by_ref_mut,
    clippy::trivially_copy_pass_by_ref
)]
async fn say(text: String, chat: &mut Chat) -> bool {
    true
}
#[allow(clippy::redundant_closure)]
const _: () = {
    #[allow(unused_imports)]
    use ::highway::__private::traits::*;
    ::highway::__private::inventory::submit! {
        ::highway::__private::Entries:: < Chat > ::REGISTER
        .entry(::highway::__private::Entries:: < Chat > ::ITEMS.route_in_order("say",
        ::highway::__private::Shape { takes_items : ::highway::__private::check::Comes::
        < String > ::STREAM, gives_items : ::highway::__private::check::Gives:: < bool >
        ::STREAM || ::highway::__private::check::Gives:: < bool > ::STREAM_IN_RESULT }, |
        __handler : & mut Chat, __message | ::highway::__private::run::in_order(move ||
        ::highway::__private::Extract:: < String > ::new().extract(__message), move |
        __data | say(__data, __handler), | __reply | { #[allow(unused_imports)] use
        ::highway::__private::reply::ReplyRefused as _; (& mut & mut & mut { __reply })
        .finish(__message) })))
    }
    impl ::highway::__private::OneFunctionPerRoute<
        ::highway::__private::Name<'s', 'a', 'y'>,
    > for Chat {}
};
const _: () = {
    #[allow(unused_imports)]
    use ::highway::__private::{check as __check, traits::*};
    type __Route = __check::Named<Chat, ::highway::__private::Name<'s', 'a', 'y'>>;
    let _: &::highway::__private::str = <Chat as ::highway::__private::Handler>::NAME;
    __check::name(__check::Serves::<Chat>::FACTS, "say");
    __check::data(
        __check::Serves::<Chat>::FACTS,
        "say",
        "String",
        __check::Takes::<__Route, String>::EXACTLY
            || __check::Takes::<__Route, String>::BORROWED
            || __check::Takes::<__Route, String>::ANYTHING,
        __check::Readable::<String>::READABLE,
    );
    __check::reply(
        __check::Serves::<Chat>::FACTS,
        "say",
        "bool",
        __check::Returns::<__Route, bool>::EXACTLY
            || __check::Returns::<__Route, bool>::IN_RESULT
            || __check::Returns::<__Route, bool>::STREAM
            || __check::Returns::<__Route, bool>::STREAM_IN_RESULT
            || __check::Returns::<__Route, bool>::RESULTS
            || __check::Returns::<__Route, bool>::RESULTS_IN_RESULT,
        __check::Writable::<bool>::WRITABLE || __check::Writable::<bool>::WRITABLE_OK
            || __check::Gives::<bool>::WRITABLE || __check::Gives::<bool>::WRITABLE_OK
            || __check::Gives::<bool>::RESULTS
            || __check::Gives::<bool>::RESULTS_IN_RESULT,
        !__check::Writable::<bool>::IS_RESULT || __check::Writable::<bool>::FAILURE
            || __check::Writable::<bool>::ERROR
                && !__check::Gives::<bool>::STREAM_IN_RESULT,
    );
};
