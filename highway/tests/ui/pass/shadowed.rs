//! Modules, types, traits and macros of a user with the names of Rust's and of highway's own, where the attributes stand.
#![allow(dead_code, unreachable_pub, unused_macros)]
#![allow(
    clippy::all,
    clippy::pedantic,
    reason = "its names and paths are what nobody writes"
)]
/// With a generated `main`, which would serve for ever.
mod shadowed {
    mod std {}
    mod core {}
    mod alloc {}
    mod highway {}
    mod serde {}
    mod futures_util {}

    struct Result;
    struct Option;
    struct Box;
    struct Vec;
    struct String;
    struct Some(u8);
    struct Ok(u8);
    struct Err(u8);
    struct None;
    trait Send {}
    trait Sync {}
    trait Clone {}
    trait Debug {}
    trait Copy {}
    trait Future {}
    trait Deref {}
    trait Serialize {}
    trait Deserialize {}
    trait From {}
    trait Into {}

    macro_rules! compile_error {
        () => {};
    }
    macro_rules! panic {
        () => {};
    }

    /// Methods of everything.
    trait Everything: Sized {
        fn finish(self) {}
        fn extract(self) {}
        fn types(self) {}
        fn stream(self) {}
        fn reads(self) {}
        fn entry(self) {}
        fn new() {}
    }

    impl<T> Everything for T {}

    #[::highway::protocol]
    mod server {
        pub async fn say(text: ::std::string::String) -> ::std::vec::Vec<u8>;
        pub async fn count(to: u8) -> impl ::futures_util::Stream<Item = u8>;
        pub async fn divide(numbers: (u8, u8)) -> ::std::result::Result<u8, ::std::string::String>;
        pub async fn string(text: ::std::string::String);
    }

    #[::highway::server(main, serves = server, peer = server)]
    #[derive(::std::fmt::Debug)]
    struct Chat {
        name: ::std::string::String,
    }

    #[::highway::client]
    struct Me;

    #[::highway::route(server::say)]
    async fn say(text: &str, chat: &mut Chat) -> ::std::vec::Vec<u8> {
        chat.name = ::std::borrow::ToOwned::to_owned(text);
        ::std::vec::Vec::new()
    }

    #[::highway::route(server::count)]
    async fn count(
        to: u8,
        _: ::highway::Connection<Chat>,
    ) -> impl ::futures_util::Stream<Item = u8> {
        ::futures_util::stream::iter(0..to)
    }

    #[::highway::route(server::divide, on = Chat)]
    async fn divide((a, b): (u8, u8)) -> ::std::result::Result<u8, ::std::string::String> {
        u8::checked_div(a, b).ok_or_else(|| ::std::string::ToString::to_string("no"))
    }

    #[::highway::route("string")]
    async fn string(_: ::std::string::String, chat: &mut Chat) -> ::highway::Result {
        chat.send(server::string, "text").await
    }

    #[::highway::around(server::say, "str*")]
    async fn timed(
        message: &mut ::highway::Message,
        chat: &mut Chat,
        next: ::highway::Next<'_, Chat>,
    ) -> ::std::result::Result<::highway::Outcome, ::std::string::String> {
        ::std::result::Result::Ok(next.run(message, chat).await)
    }

    #[::highway::around]
    async fn looked_at(
        message: &mut ::highway::Message,
        _: ::highway::Connection<Chat>,
        next: ::highway::Next<'_, ::highway::Connection<Chat>>,
    ) -> ::highway::Outcome {
        next.run(message).await
    }

    #[::highway::around(on = Chat)]
    static IN_TIME: ::highway::guard::TimeLimit =
        ::highway::guard::TimeLimit::new(::std::time::Duration::MAX);

    #[::highway::on(close)]
    async fn part(
        close: ::highway::Close,
        chat: &mut Chat,
    ) -> ::std::result::Result<(), ::highway::Failure> {
        drop((close, &chat.name));
        ::std::result::Result::Ok(())
    }
}

fn main() {}
