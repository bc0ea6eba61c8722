//! What the fuzz targets do, each in a module of its name, where the project's tests replay the seeds through it; and what
//! they share: handlers with a route for each kind of data, and a runtime whose clock jumps to the next deadline instead of
//! waiting for it.

pub mod client;
pub mod frames;
pub mod header;
pub mod message;
pub mod server;
pub mod session;
pub mod table;

use std::time::Duration;

use highway::{Bytes, Connection, Value, route, test::ByteStream, value::Dict};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt, WriteHalf},
    runtime::Runtime,
};

/// What is fed with bytes.
pub type Target = fn(&[u8]);

/// The targets by their names.
pub const TARGETS: [(&str, Target); 7] = [
    ("client", client::run),
    ("frames", frames::run),
    ("header", header::run),
    ("message", message::run),
    ("server", server::run),
    ("session", session::run),
    ("table", table::run),
];

#[highway::server]
pub struct Server;

#[highway::client]
pub struct Client;

/// A server and a client with the same routes.
macro_rules! routes {
    ($handler:ident) => {
        const _: () = {
            // Ids go by the names' order: 1 to 7.
            #[route("1 echo")]
            async fn echo(data: Value, handler: &mut $handler) -> highway::Result {
                handler.send("1 echo", data).await
            }

            #[route("2 beside")]
            async fn beside(data: Value, connection: Connection<$handler>) -> highway::Result {
                tokio::task::yield_now().await;
                connection.send("1 echo", data).await
            }

            #[route("3 bytes")]
            async fn bytes(data: Bytes, handler: &mut $handler) -> highway::Result {
                handler.send("1 echo", data).await
            }

            #[route("4 tuple")]
            async fn tuple(_: (u8, f32, Option<String>), _: &mut $handler) {}

            #[route("5 close")]
            async fn close(_: Dict, handler: &mut $handler) -> highway::Result {
                handler.close().await;
                Ok(())
            }

            #[route("6 panic")]
            async fn panic(_: &mut $handler) {
                std::panic::resume_unwind(Box::new("as asked"))
            }

            #[route("7 slow")]
            async fn slow(_: (), _: &mut $handler) {
                tokio::time::sleep(Duration::from_secs(1)).await;
            }
        };
    };
}

routes!(Server);
routes!(Client);

/// A runtime on this thread; time passes only when nothing else is left to do.
pub fn runtime() -> Runtime {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .start_paused(true)
        .build()
        .expect("a runtime")
}

/// Writes bytes in pieces as their second argument says and reads what comes, until the other side has ended the
/// connection.
///
/// # Panics
/// When it has not after a minute, which no limit allows.
pub async fn converse(stream: ByteStream, bytes: &[u8], piece: usize) {
    let (mut reader, writer) = tokio::io::split(stream);
    let talk = async {
        let mut received = [0; 4096];
        // It may break off at any point; that it ends is what counts.
        while let Ok(1..) = reader.read(&mut received).await {}
    };
    let ((), ()) = tokio::time::timeout(Duration::from_secs(60), async {
        tokio::join!(talk, write(writer, bytes, piece))
    })
    .await
    .expect("every connection ends by its limits");
}

async fn write(mut writer: WriteHalf<ByteStream>, bytes: &[u8], piece: usize) {
    for piece in bytes.chunks(piece.max(1)) {
        if writer.write_all(piece).await.is_err() {
            return;
        }
        tokio::task::yield_now().await;
    }
    // The end of the stream is the last fault.
    let _ = writer.shutdown().await;
}
