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

#[way::around(server::say, order = 1, crate = inner::way)]
async fn timed(
    message: &mut way::Message,
    chat: &mut Chat,
    next: way::Next<'_, Chat>,
) -> Result<way::Outcome, String> {
    Ok(next.run(message, chat).await)
}

#[way::around(on = Chat, crate = inner::way)]
static IN_TIME: way::guard::TimeLimit = way::guard::TimeLimit::new(std::time::Duration::MAX);

fn main() {}
