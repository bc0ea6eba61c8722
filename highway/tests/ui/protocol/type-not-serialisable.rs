//! What a protocol's types lack is said where they stand in it, once, and not where the protocol is used.

#[derive(serde::Deserialize)]
pub struct Line;

#[derive(serde::Serialize)]
pub struct Answer;

#[highway::protocol]
mod server {
    pub async fn say(line: super::Line) -> Vec<super::Answer>;
}

#[highway::server(serves = server)]
struct Chat;

#[highway::route(server::say, on = Chat)]
async fn say(_: Line) -> Vec<Answer> {
    Vec::new()
}

#[highway::client(peer = server)]
struct Me;

async fn last(me: &highway::Connection<Me>) -> highway::Result<usize> {
    Ok(me.call(highway::unchecked("say"), ()).await.map(|lines: Vec<u8>| lines.len())?)
}

fn main() {}
