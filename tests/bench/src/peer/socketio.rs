//! socketioxide on axum: the event "echo" is answered, the event "bc" is sent to all.

use std::io::Result;

use axum::Router;
use axum::serve::ListenerExt;
use socketioxide::SocketIo;
use socketioxide::extract::{Data, SocketRef};
use tokio::net::TcpListener;

pub(super) async fn serve(listener: TcpListener) -> Result<()> {
    const LARGEST: u64 = 8 << 20;
    // Its defaults are for less than 1 MiB in a message and 64 messages under way.
    let (layer, io) = SocketIo::builder()
        .max_payload(LARGEST)
        .max_buffer_size(4096)
        .build_layer();
    let all = io.clone();
    io.ns("/", async move |socket: SocketRef| {
        socket.on("echo", async |socket: SocketRef, Data::<String>(data)| {
            let _ = socket.emit("echo", &data);
        });
        socket.on("bc", async move |Data::<String>(data)| {
            let _ = all.emit("bc", &data).await;
        });
    });
    let listener = listener.tap_io(|stream| {
        let _ = stream.set_nodelay(true);
    });
    axum::serve(listener, Router::new().layer(layer)).await
}
