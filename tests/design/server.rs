// the server
mod protocol;

use highway::route;
use protocol::{Line, client, server};

#[highway::server(serves = server, peer = client)]
pub struct Chat {
    name: String,              // each field starts as Default::default()
    #[default("lobby".into())] // or as it says
    room: String,
}

#[route(server::join)]
async fn join(room: String, chat: &mut Chat) -> Vec<String> {
    chat.leave(&chat.room);
    chat.room = room;
    if chat.join(&chat.room).is_err() {
        return Vec::new();
    }
    let members = chat.to(&chat.room).members();
    members.iter().map(ToString::to_string).collect()
}

#[route(server::say)]
async fn say(text: String, chat: &mut Chat) -> highway::Result {
    let line = Line { from: chat.name.clone(), text };
    chat.to(&chat.room).except(chat.id()).send(client::said, &line).await
}

#[route("change-name")]        // the same as #[route(server::change_name)]
async fn change_name(name: String, chat: &mut Chat) -> bool {
    chat.name = name;
    true
}

#[tokio::main]
async fn main() -> highway::Result {
    Chat::server().bind("127.0.0.1:1337").await?.await
}
