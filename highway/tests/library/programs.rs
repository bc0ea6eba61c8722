//! The programs of the documentation, as a user writes them.

mod protocol {
    use serde::{Deserialize, Serialize};

    #[derive(Debug, Clone, Serialize, Deserialize)]
    #[allow(unreachable_pub)]
    pub struct Line {
        pub from: String,
        pub text: String,
    }

    /// What the server answers.
    #[highway::protocol]
    pub mod server {
        /// Enters a room; gives back the names of those who are in it.
        pub async fn join(room: String) -> Vec<String>;
        /// Says something to everybody in the room.
        pub async fn say(text: String);
        /// A route whose name is no Rust identifier.
        #[route("change-name")]
        pub async fn change_name(name: String) -> bool;
    }

    /// What a client answers.
    #[highway::protocol]
    pub mod client {
        use super::*;

        pub async fn said(line: Line);
    }
}

mod chat {
    use super::protocol::{Line, client, server};
    use highway::route;

    #[highway::server(serves = server, peer = client)]
    pub struct Chat {
        name: String,
        #[default("lobby".into())]
        room: String,
    }

    #[route(server::join)]
    async fn join(room: String, chat: &mut Chat) -> Vec<String> {
        chat.room = room;
        vec![chat.name.clone()]
    }

    #[route(server::say)]
    async fn say(text: String, chat: &mut Chat) -> highway::Result {
        let line = Line {
            from: chat.name.clone(),
            text,
        };
        chat.send(client::said, &line).await
    }

    #[route("change-name")]
    async fn change_name(name: String, chat: &mut Chat) -> bool {
        chat.name = name;
        true
    }

    #[tokio::test]
    async fn it_binds() {
        drop(Chat::server().bind("127.0.0.1:0").await.unwrap());
    }
}

mod chat_client {
    use super::protocol::{Line, client, server};

    #[highway::client(serves = client, peer = server)]
    struct Me;

    #[highway::route(client::said)]
    async fn said(line: Line, _: &mut Me) {
        println!("{}: {}", line.from, line.text);
    }

    /// Compiles; what it does is tested where there is a server.
    #[expect(dead_code)]
    async fn main() -> highway::Result {
        let chat = Me::connect("ws://127.0.0.1:1337").await?;
        chat.send(server::say, "hi").await?;
        chat.send(server::join, "lobby".to_owned()).await?;
        chat.send(highway::unchecked("other"), 1).await?;
        chat.close().await;
        Ok(())
    }
}

mod hooks {
    use std::sync::Mutex;

    use highway::{Bytes, Close, Connection, Failure, Refusal, Request, StatusCode, Value, route};

    #[derive(Default)]
    pub(crate) struct Log(Mutex<Vec<String>>);

    #[highway::server(state = Log)]
    struct Handler {
        count: u32,
    }

    #[highway::on(connect)]
    async fn check(request: &mut Request<Handler>) -> Result<(), Refusal> {
        let _ = request;
        Ok(())
    }

    #[highway::on(connect, on = Handler)]
    async fn close_for_all() -> Result<(), StatusCode> {
        Err(StatusCode::FORBIDDEN)
    }

    #[highway::on(open)]
    async fn opened(handler: &mut Handler) {
        handler.count += 1;
    }

    #[highway::on(ready)]
    async fn ready(connection: Connection<Handler>) -> highway::Result {
        connection.send("echo", 1).await
    }

    #[highway::on(close)]
    async fn closed(close: Close, handler: &mut Handler) {
        handler
            .state()
            .0
            .lock()
            .unwrap()
            .push(close.reason().to_owned());
    }

    #[highway::on(close, on = Handler)]
    async fn closed_silently() -> Result<(), String> {
        Err("never mind".into())
    }

    #[route("echo")]
    async fn echo(data: Value, handler: &mut Handler) -> highway::Result {
        handler.send("echo", data).await
    }

    #[route("bytes")]
    async fn bytes(data: Bytes, _: Connection<Handler>) -> Result<usize, Failure> {
        Ok(data.len())
    }

    #[route("borrowed")]
    async fn borrowed(
        data: &str,
        handler: &Handler,
    ) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
        let _ = data.parse::<u8>()?;
        let _ = handler.count;
        Ok(())
    }

    #[route("slice", on = Handler)]
    async fn slice(data: &[u8]) -> Result<usize, &'static str> {
        data.first().map(|&first| first.into()).ok_or("empty")
    }

    #[route("ping")]
    async fn ping(_: &mut Handler) {}

    #[route("nothing", on = Handler)]
    async fn nothing() -> impl serde::Serialize {
        (1, "two")
    }

    #[derive(serde::Deserialize)]
    struct Borrowed<'a> {
        text: &'a str,
    }

    #[route("struct", on = Handler)]
    async fn a_struct(Borrowed { text }: Borrowed<'_>) -> &str {
        text
    }

    #[route("hidden")]
    async fn hidden((mut a, b): (i64, i64), _: &mut Handler) -> Option<i64> {
        a += b;
        Some(a)
    }

    #[test]
    fn routes_are_sorted_by_name() {
        use highway::Handler as _;
        let names: Vec<_> = Handler::registry()
            .routes()
            .iter()
            .map(|route| route.name)
            .collect();
        assert_eq!(
            names,
            [
                "borrowed", "bytes", "echo", "hidden", "nothing", "ping", "slice", "struct"
            ]
        );
    }
}
