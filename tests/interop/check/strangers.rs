//! Peers that are no highway peers: one never answers, one never ends, one speaks HTTP only.

use futures_util::{SinkExt, StreamExt};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};
use tokio_tungstenite::{WebSocketStream, accept_async, tungstenite::Message};

/// The map of a peer that speaks the extension and serves `echo`.
const MAP: &[u8] = b"\x05\0\0\0{\"0\":\"meta\",\"1\":\"echo\",\"65535\":\"highway/1\"}";

/// Listens, and does the same with each connection; returns the address.
async fn listening<F>(serve: impl Fn(TcpStream) -> F + Send + 'static) -> String
where
    F: Future<Output = Option<()>> + Send + 'static,
{
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = listener.local_addr().expect("it has an address");
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(serve(stream));
        }
    });
    address.to_string()
}

async fn greeted(stream: TcpStream) -> Option<WebSocketStream<TcpStream>> {
    let mut socket = accept_async(stream).await.ok()?;
    socket.send(Message::binary(MAP)).await.ok()?;
    Some(socket)
}

/// A server that sends its map, and then answers nothing: no message, no ping, and no close frame.
pub(super) async fn deaf() -> String {
    let address = listening(|stream| async {
        let mut stream = greeted(stream).await?.into_inner();
        let mut bytes = [0; 1024];
        while stream.read(&mut bytes).await.ok()? > 0 {}
        None
    });
    format!("ws://{}", address.await)
}

/// A server that sends messages without an end as soon as it was sent two.
pub(super) async fn endless() -> String {
    let address = listening(|stream| async {
        let mut socket = greeted(stream).await?;
        socket.next().await?.ok()?;
        socket.next().await?.ok()?;
        loop {
            let message = Message::binary(b"\0\0\x01\0hi".as_slice());
            socket.send(message).await.ok()?;
        }
    });
    format!("ws://{}", address.await)
}

/// A server that answers each request with 404.
pub(super) async fn http() -> String {
    listening(|mut stream| async move {
        let mut bytes = [0; 4096];
        let mut len = 0;
        while !bytes.get(..len)?.ends_with(b"\r\n\r\n") {
            len += stream.read(bytes.get_mut(len..)?).await.ok()?;
        }
        let answer = b"HTTP/1.1 404 Not Found\r\ncontent-length: 4\r\n\r\nnone";
        stream.write_all(answer).await.ok()
    })
    .await
}
