//! What users get: the expansions as rustfmt would show them.
//!
//! `UPDATE_EXPECT=1 cargo test -p highway-macros` writes the snapshots anew.

use expect_test::{ExpectFile, expect_file};
use proc_macro2::TokenStream;

use crate::{around, handler, on, protocol, route};

#[track_caller]
fn check(expansion: &TokenStream, expected: &ExpectFile) {
    let file = syn::parse2(expansion.clone()).expect("an expansion is Rust");
    expected.assert_eq(&prettyplease::unparse(&file));
}

fn tokens(source: &str) -> TokenStream {
    source.parse().expect("tokens")
}

#[test]
fn route_with_data_and_handler_runs_in_order() {
    let item = tokens("async fn say(text: String, chat: &mut Chat) -> bool { true }");
    check(
        &route::attribute(tokens(r#""say""#), &item),
        &expect_file!["expansions/route_in_order.rs"],
    );
}

#[test]
fn declared_route_with_connection_runs_beside_the_others() {
    let item = tokens("async fn say(text: &str, chat: Connection<Chat>) {}");
    check(
        &route::attribute(tokens("server::say"), &item),
        &expect_file!["expansions/route_concurrent.rs"],
    );
}

#[test]
fn server_has_state_and_main() {
    let item =
        tokens(r#"pub struct Chat { name: String, #[default("lobby".into())] room: String }"#);
    let arguments = tokens(r#"main, bind = "[::]:80", state = Db, serves = server, peer = client"#);
    check(
        &handler::attribute(handler::Side::Server, arguments, &item),
        &expect_file!["expansions/server.rs"],
    );
}

#[test]
fn client_without_options_is_small() {
    check(
        &handler::attribute(
            handler::Side::Client,
            TokenStream::new(),
            &tokens("struct Me;"),
        ),
        &expect_file!["expansions/client.rs"],
    );
}

#[test]
fn hook_is_an_entry() {
    let item = tokens("async fn part(close: Close, chat: &mut Chat) {}");
    check(
        &on::attribute(tokens("close"), &item),
        &expect_file!["expansions/on.rs"],
    );
}

#[test]
fn function_around_routes_is_an_entry() {
    let item = tokens(
        "async fn timed(message: &mut Message, chat: &mut Chat, next: Next<'_, Chat>) -> Outcome { next.run(message, chat).await }",
    );
    check(
        &around::attribute(tokens(r#""say", "admin-*", order = -1"#), &item),
        &expect_file!["expansions/around.rs"],
    );
}

#[test]
fn protocol_has_a_type_for_each_route() {
    let item = tokens(
        r#"
        /// What the server answers.
        pub mod server {
            use super::*;
            /// Says something.
            pub async fn say(text: String);
            #[route("change-name")]
            pub async fn change_name(name: String) -> bool;
            pub async fn count(words: Incoming<String>) -> impl Stream<Item = u64>;
        }
        "#,
    );
    check(
        &protocol::attribute(TokenStream::new(), &item),
        &expect_file!["expansions/protocol.rs"],
    );
}

#[test]
fn item_stays_when_the_attribute_is_wrong() {
    let item = tokens("async fn say(text: String, chat: &mut Chat) -> bool { true }");
    check(
        &route::attribute(tokens(r#""meta", onn = Chat"#), &item),
        &expect_file!["expansions/route_with_mistakes.rs"],
    );
}
