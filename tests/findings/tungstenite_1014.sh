#!/usr/bin/env bash
# tungstenite 0.30.0 (Rust) reads close code 1014, which is registered, as a fault of the peer.
#
# Usual belief: a WebSocket library reads each close code that is registered with IANA and may stand in a frame. 1014 ("Bad
# Gateway") is one; Python's websockets and Node's ws send and read it.
#
# What happens: a close frame with 1014 is handed to the reader as 1002 "Protocol violation", and answered with that. So a program
# can't tell a gateway that will come back from a peer that broke the protocol, and the peer is blamed for it. 1012 and 1013, which
# are its neighbours in the registry, are read as they are.
#
# Needs cargo. Output seen:
#
#   1012: read as 1012 "gone", answered with 1012
#   1013: read as 1013 "gone", answered with 1013
#   1014: read as 1002 "Protocol violation", answered with 1002
#   3000: read as 3000 "gone", answered with 3000
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
mkdir "$folder/src"
cat >"$folder/Cargo.toml" <<'TOML'
[package]
name = "close-codes"
version = "0.0.0"
edition = "2021"

[dependencies]
tungstenite = { version = "=0.30.0", default-features = false }

[workspace]
TOML
cat >"$folder/src/main.rs" <<'RUST'
use std::io::{self, Read, Write};
use tungstenite::protocol::{Role, WebSocket};
use tungstenite::Message;

struct Peer {
    sends: io::Cursor<Vec<u8>>,
    got: Vec<u8>,
}

impl Read for Peer {
    fn read(&mut self, target: &mut [u8]) -> io::Result<usize> {
        self.sends.read(target)
    }
}

impl Write for Peer {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.got.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn main() {
    for code in [1012_u16, 1013, 1014, 3000] {
        let mut frame = vec![0x88, 6];
        frame.extend(code.to_be_bytes());
        frame.extend(b"gone");
        let peer = Peer { sends: io::Cursor::new(frame), got: Vec::new() };
        let mut client = WebSocket::from_raw_socket(peer, Role::Client, None);
        let Message::Close(Some(close)) = client.read().expect("a close frame") else {
            panic!("it is no close frame");
        };
        client.flush().expect("the answer is written");
        // Head, mask, and the masked code.
        let got = &client.get_ref().got;
        let answer = u16::from_be_bytes([got[6] ^ got[2], got[7] ^ got[3]]);
        let read = u16::from(close.code);
        println!("{code}: read as {read} {:?}, answered with {answer}", close.reason.as_str());
    }
}
RUST
seen=$(cargo run --quiet --manifest-path "$folder/Cargo.toml" --target-dir "$folder/target")
echo "$seen"
expected='1012: read as 1012 "gone", answered with 1012
1013: read as 1013 "gone", answered with 1013
1014: read as 1002 "Protocol violation", answered with 1002
3000: read as 3000 "gone", answered with 3000'
[ "$seen" = "$expected" ] || {
    echo "the behaviour has changed" >&2
    exit 1
}
