//! A connection is a handle, which a route takes by value.

use highway::Connection;

#[highway::server]
struct Chat;

#[highway::route("say")]
async fn say(_: String, _: &mut Connection<Chat>) {}

#[highway::route("ask")]
async fn ask(_: String, _: &Connection<Chat>) {}

#[highway::route("go")]
async fn go(_: &mut Connection<Chat>) {}

#[highway::on(ready)]
async fn ready(_: &mut Connection<Chat>) {}

fn main() {}
