#!/usr/bin/env bash
# nginx 1.22.1 (Debian 12) as a proxy of WebSockets: what its time for idle connections is renewed by.
#
# Usual belief, and the manual's words ("between two successive read operations", of the proxied server): `proxy_read_timeout` ends a connection
# unless the server sends something in time, so the server has to ping its clients; what clients send, and pings of theirs that the server
# does not answer, is no help. `proxy_send_timeout` is the same for the other direction.
#
# Behaviour: once a connection is upgraded, a byte in either direction renews `proxy_read_timeout`. A client that sends now and then stays
# connected to a server that never says a word. `proxy_send_timeout` ends no idle connection.
#
# Needs Debian's apt-get and Python 3. Output seen:
#
#   proxy_read_timeout 1s: nothing is sent: ended after 1 s
#   proxy_read_timeout 1s: only the client sends: still open after 4 s
#   proxy_read_timeout 1s: only the server sends: still open after 4 s
#   proxy_send_timeout 1s: nothing is sent: still open after 4 s
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
chmod 755 "$folder"
(cd "$folder" && apt-get download -qq 'nginx=1.22.1-*' >/dev/null && dpkg -x nginx_*.deb unpacked)

cat >"$folder/idle.py" <<'PYTHON'
import select
import socket
import subprocess
import sys
import time

program, folder = sys.argv[1:]
seen = []


def head(connection):
    received = b""
    while b"\r\n\r\n" not in received:
        part = connection.recv(1)
        assert part, "an HTTP head was expected"
        received += part


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


def passed_on(timeout, talker):
    """How long a tunnel lasts on which one end, or none, sends a frame each 0.25 s."""
    server = socket.create_server(("127.0.0.1", 0))
    server.settimeout(20)
    port = free_port()
    paths = "".join(f"{name}_temp_path {folder}/{name};" for name in
                    ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
    with open(f"{folder}/config", "w") as config:
        config.write(
            f"daemon off; master_process off; pid {folder}/pid; events {{}}\n"
            f"http {{ access_log off; {paths} server {{ listen 127.0.0.1:{port}; location / {{\n"
            f"proxy_pass http://127.0.0.1:{server.getsockname()[1]}; proxy_http_version 1.1;\n"
            'proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection "upgrade";\n'
            f"{timeout}; }} }} }}\n"
        )
    proxy = subprocess.Popen([program, "-e", "stderr", "-p", folder, "-c", f"{folder}/config"])
    try:
        by = time.monotonic() + 20
        while True:
            try:
                client = socket.create_connection(("127.0.0.1", port))
                break
            except ConnectionRefusedError:
                assert proxy.poll() is None and time.monotonic() < by
                time.sleep(0.01)
        client.settimeout(20)
        # The key and its answer are those of RFC 6455.
        client.sendall(
            b"GET / HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
        )
        upstream, _ = server.accept()
        head(upstream)
        upstream.sendall(
            b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            b"Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n"
        )
        head(client)
        ends = {"client": client, "server": upstream}
        # A binary message of four bytes; a client's with a mask.
        frames = {"client": b"\x82\x84\x01\x02\x03\x04abcd", "server": b"\x82\x04abcd"}
        began = time.monotonic()
        while time.monotonic() - began < 4:
            if talker:
                ends[talker].sendall(frames[talker])
            for end in select.select(ends.values(), [], [], 0.25)[0]:
                if not end.recv(4096):
                    return f"ended after {time.monotonic() - began:.0f} s"
            if talker:
                time.sleep(0.2)
        return "still open after 4 s"
    finally:
        proxy.terminate()
        proxy.wait()


for timeout, talker, words in [
    ("proxy_read_timeout 1s", None, "nothing is sent"),
    ("proxy_read_timeout 1s", "client", "only the client sends"),
    ("proxy_read_timeout 1s", "server", "only the server sends"),
    ("proxy_send_timeout 1s", None, "nothing is sent"),
]:
    seen.append(passed_on(timeout, talker))
    print(f"{timeout}: {words}: {seen[-1]}", flush=True)
sys.exit(seen != ["ended after 1 s"] + ["still open after 4 s"] * 3)
PYTHON
python3 "$folder/idle.py" "$folder/unpacked/usr/sbin/nginx" "$folder"
