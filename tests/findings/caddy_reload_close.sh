#!/usr/bin/env bash
# Caddy 2.6.2 (Debian 12) as a proxy of WebSockets: what it writes into them when its configuration is loaded again.
#
# Usual belief: a reload closes WebSockets with 1001, so that both sides see a proxy that goes away, and a server may read the code to tell that
# from clients that break the protocol or are lost.
#
# Behaviour: Caddy writes a close frame of its own, 1001 without a reason, to both sides, wherever they are.
# - The one for the server has no mask, which every frame of a client has to have; a server that holds its peers to that sees 1002.
# - In the middle of a message the four bytes become a part of that message's payload, and the connection ends behind them: the client
#   sees no close frame, but a lost connection (1006).
#
# Needs Debian's apt-get and Python 3. Output seen:
#
#   between messages: the client reads 880203e9, the server reads 880203e9
#   in a message: 4 bytes of its payload are 880203e9, then the end of the stream
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
(cd "$folder" && apt-get download -qq 'caddy=2.6.2-*' >/dev/null && dpkg -x caddy_*.deb unpacked)

cat >"$folder/reload.py" <<'PYTHON'
import os
import socket
import subprocess
import sys
import threading
import time

program, folder = sys.argv[1:]
config = f"{folder}/config"
environment = {**os.environ, "HOME": folder}
LARGE = 64 * 1024 * 1024


def head(connection):
    received = b""
    while b"\r\n\r\n" not in received:
        part = connection.recv(1)
        assert part, "an HTTP head was expected"
        received += part


def to_the_end(connection):
    received = bytearray()
    try:
        while part := connection.recv(65536):
            received += part
    except ConnectionResetError:
        pass
    return bytes(received)


server = socket.create_server(("127.0.0.1", 0))
server.settimeout(20)
with socket.create_server(("127.0.0.1", 0)) as listener:
    port = listener.getsockname()[1]
with open(config, "w") as file:
    file.write(
        f"{{\n admin unix/{folder}/admin\n storage file_system {folder}\n log {{\n  level ERROR\n }}\n}}\n"
        f"http://127.0.0.1:{port} {{\n reverse_proxy 127.0.0.1:{server.getsockname()[1]}\n}}\n"
    )
arguments = ["--adapter", "caddyfile", "--config", config]
caddy = subprocess.Popen([program, "run", *arguments], env=environment, stderr=subprocess.DEVNULL)


def connect():
    by = time.monotonic() + 20
    while True:
        try:
            client = socket.create_connection(("127.0.0.1", port))
            break
        except ConnectionRefusedError:
            assert caddy.poll() is None and time.monotonic() < by
            time.sleep(0.01)
    client.settimeout(20)
    # The key and its answer are those of RFC 6455.
    client.sendall(
        f"GET / HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n".encode()
        + b"Upgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
    )
    upstream, _ = server.accept()
    upstream.settimeout(20)
    head(upstream)
    upstream.sendall(
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n"
    )
    head(client)
    return client, upstream


def reload():
    subprocess.run(
        [program, "reload", "--force", *arguments, "--address", f"unix/{folder}/admin"],
        env=environment, stderr=subprocess.DEVNULL, check=True,
    )


def send(upstream, frame):
    try:
        upstream.sendall(frame)
    except OSError:
        # The connection ends meanwhile.
        pass


try:
    client, upstream = connect()
    reload()
    ends = (to_the_end(client).hex(), to_the_end(upstream).hex())
    print(f"between messages: the client reads {ends[0]}, the server reads {ends[1]}")

    client, upstream = connect()
    frame = b"\x82\x7f" + LARGE.to_bytes(8, "big") + b"x" * LARGE
    sender = threading.Thread(target=send, args=(upstream, frame))
    sender.start()
    time.sleep(1)  # until what is on its way is full
    reloading = threading.Thread(target=reload)
    reloading.start()
    time.sleep(1)  # until the reload has got to this connection
    received = to_the_end(client)
    reloading.join()
    upstream.close()
    sender.join()
    payload = received[10:]
    strange = payload.strip(b"x")
    inside = len(payload) < LARGE and payload.endswith(strange)
    print(f"in a message: {len(strange)} bytes of its payload are {strange.hex()}, then the end of the stream")
finally:
    caddy.terminate()
    caddy.wait()
sys.exit(not (ends == ("880203e9", "880203e9") and strange.hex() == "880203e9" and inside))
PYTHON
python3 "$folder/reload.py" "$folder/unpacked/usr/bin/caddy" "$folder"
