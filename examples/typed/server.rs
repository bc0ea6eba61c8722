//! A server whose routes are declared in `protocol.rs`, which its client shares: the compiler checks every name and type.
//!
//! ```sh
//! cargo run --example typed_server
//! cargo run --example typed_client    # in another terminal
//! ```

mod protocol;

use highway::route;
use protocol::{Line, client, server};

#[highway::server(main, serves = server, peer = client)]
struct Chat {
    #[default("somebody".into())]
    name: String,
}

#[route(server::change_name)]
async fn change_name(name: String, chat: &mut Chat) {
    chat.name = name;
}

#[route(server::say)]
async fn say(text: &str, chat: &mut Chat) -> highway::Result {
    let line = Line {
        from: chat.name.clone(),
        text: text.to_owned(),
    };
    chat.send(client::said, &line).await
}
