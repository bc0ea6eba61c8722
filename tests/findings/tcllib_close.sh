#!/usr/bin/env bash
# The WebSocket client of Tcl, package websocket 1.4.2 in tcllib 1.21 (Debian 12): how it closes.
#
# Usual belief: `websocket::close $socket 1000 bye` sends a close frame with that code and reason, as its manual says.
#
# Behaviour: nothing is sent but the end of the TCP stream, as the connection counts as closed before the frame is written. So every peer
# sees a lost connection (1006), and a server can't tell programs that left from those that broke.
#
# Needs Debian's apt-get and tclsh 8.6, and Python 3 for the server. Output seen:
#
#   a message: opcode 1, "hi"
#   websocket::close: 0 bytes, then the end of the stream
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
(cd "$folder" && apt-get download -qq tcllib=1.21+dfsg-1 >/dev/null && dpkg -x tcllib_*.deb unpacked)

cat >"$folder/client.tcl" <<'TCL'
lappend auto_path [lindex $argv 0]
package require websocket 1.4.2
proc handler {socket type message} {
    if {$type eq "connect"} {
        websocket::send $socket text hi
        after 200 [list websocket::close $socket 1000 bye]
        after 3000 exit
    }
}
websocket::open "ws://127.0.0.1:[lindex $argv 1]/" handler
vwait forever
TCL

cat >"$folder/server.py" <<'PYTHON'
import base64
import hashlib
import socket
import subprocess
import sys

GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"

listener = socket.create_server(("127.0.0.1", 0))
listener.settimeout(20)
program = [sys.argv[1], sys.argv[2], sys.argv[3], str(listener.getsockname()[1])]
client = subprocess.Popen(program)
connection, _ = listener.accept()
connection.settimeout(20)
head = b""
while b"\r\n\r\n" not in head:
    head += connection.recv(4096)
lines = [line.split(b":", 1) for line in head.split(b"\r\n") if b":" in line]
key = next(value.strip() for name, value in lines if name.lower() == b"sec-websocket-key")
accept = base64.b64encode(hashlib.sha1(key + GUID).digest())
connection.sendall(
    b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Accept: " + accept + b"\r\n\r\n"
)
received = b""
while part := connection.recv(4096):
    received += part
by_close = client.poll() is None
client.wait(timeout=20)
length = received[1] & 0x7F
mask, payload = received[2:6], received[6 : 6 + length]
text = bytes(byte ^ mask[index % 4] for index, byte in enumerate(payload)).decode()
behind = len(received) - 6 - length
print(f'a message: opcode {received[0] & 0x0F}, "{text}"')
print(f"websocket::close: {behind} bytes, then the end of the stream")
sys.exit(not (text == "hi" and behind == 0 and by_close))
PYTHON
python3 "$folder/server.py" tclsh8.6 "$folder/client.tcl" "$folder/unpacked/usr/share/tcltk"
