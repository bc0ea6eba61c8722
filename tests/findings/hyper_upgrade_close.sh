#!/usr/bin/env bash
# hyper 1.12.0 and the WebSocket client of Tcl (package websocket 1.4.2 in tcllib 1.21, Debian 12): an upgrade that is closed at once.
#
# Usual belief: a service on hyper that answers 101 with `Connection: Upgrade` has just that sent, and the connection is the WebSocket's then.
#
# Behaviour: Tcl's client asks with two lines, `Connection: close` and `Connection: Upgrade`. hyper takes the upgrade, and puts a word of its own
# behind the service's: the answer has `connection: Upgrade, close`. Tcl's http package does as it is told and leaves, without an error: its
# handler hears of nothing, while the server has a WebSocket. With an answer without that word the same client connects.
#
# Needs Rust, Debian's apt-get and tclsh 8.6, and Python 3. Output seen:
#
#   hyper answers: connection: Upgrade, close
#   Tcl with this answer: nothing
#   Tcl without the word: connect
set -euo pipefail

folder=$(mktemp -d)
chmod 755 "$folder"
trap 'rm -rf "$folder"' EXIT
(cd "$folder" && apt-get download -qq tcllib=1.21+dfsg-1 >/dev/null 2>&1 && dpkg -x tcllib_*.deb unpacked)

mkdir "$folder/src"
cat >"$folder/Cargo.toml" <<'TOML'
[package]
name = "upgrade"
version = "0.0.0"
edition = "2024"
[dependencies]
http-body-util = "=0.1.3"
hyper = { version = "=1.12.0", features = ["http1", "server"] }
hyper-util = { version = "=0.1.21", features = ["tokio"] }
sha1_smol = "=1.0.1"
tokio = { version = "=1.54.1", features = ["macros", "net", "rt"] }
data-encoding = "=2.9.0"
[workspace]
TOML
cat >"$folder/src/main.rs" <<'RUST'
//! A server of hyper's that takes every upgrade and says nothing.

use std::convert::Infallible;

use http_body_util::Empty;
use hyper::{Request, Response, body::{Bytes, Incoming}, service::service_fn};
use hyper_util::rt::TokioIo;

async fn answer(request: Request<Incoming>) -> Result<Response<Empty<Bytes>>, Infallible> {
    let key = request.headers()["sec-websocket-key"].as_bytes();
    let guid = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
    let hash = sha1_smol::Sha1::from([key, guid].concat()).digest().bytes();
    tokio::spawn(async move {
        let _upgraded = hyper::upgrade::on(request).await;
        std::future::pending::<()>().await;
    });
    let answer = Response::builder()
        .status(101)
        .header("connection", "Upgrade")
        .header("upgrade", "websocket")
        .header("sec-websocket-accept", data_encoding::BASE64.encode(&hash));
    Ok(answer.body(Empty::new()).unwrap())
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    println!("{}", listener.local_addr().unwrap().port());
    loop {
        let (stream, _) = listener.accept().await.unwrap();
        let serving = hyper::server::conn::http1::Builder::new()
            .serve_connection(TokioIo::new(stream), service_fn(answer))
            .with_upgrades();
        tokio::spawn(serving);
    }
}
RUST
cargo build --quiet --manifest-path "$folder/Cargo.toml" --target-dir "$folder/target"

cat >"$folder/client.tcl" <<'TCL'
lappend auto_path [lindex $argv 0]
package require websocket 1.4.2
proc handler {socket type message} {
    puts $type
    flush stdout
}
websocket::open "ws://127.0.0.1:[lindex $argv 1]/" handler
after 3000 exit
vwait forever
TCL

cat >"$folder/between.py" <<'PYTHON'
import socket
import subprocess
import sys
import threading

tclsh, client, library, server = sys.argv[1:]
program = subprocess.Popen([server], stdout=subprocess.PIPE, text=True)
port = int(program.stdout.readline())


def talk(change):
    """The server's `Connection` line and the client's events, with the answer changed on its way."""
    listener = socket.create_server(("127.0.0.1", 0))
    listener.settimeout(20)
    tcl = subprocess.Popen(
        [tclsh, client, library, str(listener.getsockname()[1])], stdout=subprocess.PIPE, text=True
    )
    near, _ = listener.accept()
    far = socket.create_connection(("127.0.0.1", port))
    far.settimeout(20)
    request = b""
    while b"\r\n\r\n" not in request:
        request += near.recv(4096)
    far.sendall(request)
    answer = b""
    while b"\r\n\r\n" not in answer:
        answer += far.recv(4096)
    near.sendall(change(answer))
    events = tcl.communicate(timeout=20)[0].split()
    line = next(line for line in answer.decode().split("\r\n") if line.lower().startswith("connection:"))
    return line, " ".join(events) or "nothing"


try:
    line, with_it = talk(lambda answer: answer)
    _, without = talk(lambda answer: answer.replace(b"Upgrade, close", b"Upgrade"))
finally:
    program.kill()
print(f"hyper answers: {line}")
print(f"Tcl with this answer: {with_it}")
print(f"Tcl without the word: {without}")
sys.exit((line, with_it, without) != ("connection: Upgrade, close", "nothing", "connect"))
PYTHON
python3 "$folder/between.py" tclsh8.6 "$folder/client.tcl" "$folder/unpacked/usr/share/tcltk" "$folder/target/debug/upgrade"
