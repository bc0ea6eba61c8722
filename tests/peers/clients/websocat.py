# What clients.rs asks of every client, typed into websocat: a line for each message, in base64.
import base64
import os
import struct
import subprocess
import sys

PREFIX = "binary "

websocat = subprocess.Popen(
    [
        os.path.join(os.path.dirname(sys.executable), "websocat"),
        "--base64",
        "--binary-prefix",
        PREFIX,
        "--close-status-code",
        "1000",
        "--exit-on-eof",
        sys.argv[1],
    ],
    stdin=subprocess.PIPE,
    stdout=subprocess.PIPE,
    text=True,
)


def send(code, route, text):
    message = struct.pack("<BBH", code, 0, route) + text.encode()
    websocat.stdin.write(PREFIX + base64.b64encode(message).decode() + "\n")
    websocat.stdin.flush()


for line in websocat.stdout:
    message = base64.b64decode(line.removeprefix(PREFIX))
    if message[0] == 5:
        send(5, 0, '{"0":"meta","1":"echoed"}')
        send(0, 1, "one")
    elif message[4:] == b"again":
        send(0, 1, "two")
    elif message[4:] == b"two":
        # It closes at the end of its input.
        websocat.stdin.close()
sys.exit(websocat.wait())
