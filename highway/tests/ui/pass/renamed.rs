//! Under another name, as with `way = { package = "highway", … }`: nothing but `crate = …` says where the runtime is.

mod inner {
    pub(crate) extern crate highway as way;
}

use inner::way;

#[way::protocol(crate = crate::inner::way)]
mod server {
    pub async fn say(text: String);
}

#[way::server(serves = server, crate = crate::inner::way)]
struct Chat;

#[way::route(server::say, crate = inner::way)]
async fn say(_: String, _: &mut Chat) {}

#[way::on(ready, crate = inner::way)]
async fn ready(_: &mut Chat) {}

fn main() {}
