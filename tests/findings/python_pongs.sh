#!/usr/bin/env bash
# aiohttp 3.14.1 and websockets 15.0.1 as WebSocket clients, Python 3: when they answer a ping.
#
# Usual belief: a ping is answered in the background, by the library, whatever the program does, as long as its event loop runs; so a ping
# without a pong means that the peer is gone.
#
# Behaviour: a client of aiohttp answers pings only inside of `receive()` (or `async for`): while it awaits anything else, no pong leaves
# it. A client of websockets answers in the background until 16 messages wait to be read; from then on it reads nothing, pings included,
# until its program does. In both cases the event loop is idle, the system acknowledges every byte, and the pong comes once the program
# reads. A server that drops peers which don't answer within 20 s drops such programs though they are alive.
#
# Output seen:
#   aiohttp: awaits something else: no pong within 2 s
#   aiohttp: receives: pong
#   websockets: 10 messages unread: pong
#   websockets: 40 messages unread: no pong within 2 s
#   websockets: reads them: pong
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check aiohttp==3.14.1 websockets==15.0.1
cat >"$folder/pongs.py" <<'PYTHON'
import asyncio
import sys

import aiohttp
import websockets

seen = []


def note(text):
    seen.append(text)
    print(text)


async def pong(connection, wait):
    """Whether a pong comes within the time."""
    waiter = await connection.ping()
    try:
        await asyncio.wait_for(asyncio.shield(waiter), wait)
        return "pong", waiter
    except asyncio.TimeoutError:
        return f"no pong within {wait} s", waiter


async def main():
    connections = asyncio.Queue()

    async def serve(connection):
        await connections.put(connection)
        await connection.wait_closed()

    options = {"ping_interval": None}
    async with websockets.serve(serve, "127.0.0.1", 0, **options) as server:
        port = server.sockets[0].getsockname()[1]
        url = f"ws://127.0.0.1:{port}"

        async with aiohttp.ClientSession() as session:
            client = await session.ws_connect(url)
            connection = await connections.get()
            answer, waiter = await pong(connection, 2)
            note(f"aiohttp: awaits something else: {answer}")
            receiving = asyncio.ensure_future(client.receive())
            await asyncio.wait_for(waiter, 10)
            note("aiohttp: receives: pong")
            await connection.close()
            await receiving

        for unread in (10, 40):
            client = await websockets.connect(url, **options)
            connection = await connections.get()
            for number in range(unread):
                await connection.send(str(number))
            answer, waiter = await pong(connection, 2)
            note(f"websockets: {unread} messages unread: {answer}")
            if not waiter.done():
                for _ in range(unread):
                    await client.recv()
                await asyncio.wait_for(waiter, 10)
                note("websockets: reads them: pong")
            await client.close()


asyncio.run(main())
expected = [
    "aiohttp: awaits something else: no pong within 2 s",
    "aiohttp: receives: pong",
    "websockets: 10 messages unread: pong",
    "websockets: 40 messages unread: no pong within 2 s",
    "websockets: reads them: pong",
]
sys.exit(seen != expected)
PYTHON
"$folder/venv/bin/python" "$folder/pongs.py"
