"""A client that is busy with something else than its connection: LIBRARY URL SECONDS [sends].

It tells its routes, reads nothing for so many seconds (and sends a message every 50 ms if it `sends`), then reads 40 messages and closes.
It prints `read 40`, or `dropped` when the connection was gone.
"""

import asyncio
import sys

TABLE = b'\x05\0\0\0{"0":"meta","1":"news"}'
# To the server's route, a text without letters.
MESSAGE = b"\x00\0\x01\0"
WANTED = 40


async def over_aiohttp(url, talk):
    import aiohttp

    async with aiohttp.ClientSession() as session:
        async with session.ws_connect(url) as socket:

            async def read():
                message = await socket.receive()
                if message.type != aiohttp.WSMsgType.BINARY:
                    raise ConnectionError(message)
                return message.data

            await talk(read, socket.send_bytes)


async def over_websockets(url, talk):
    import websockets

    async with websockets.connect(url, ping_interval=None) as socket:
        try:
            await talk(socket.recv, socket.send)
        except websockets.ConnectionClosed as error:
            raise ConnectionError(error)


async def main(library, url, seconds, sends=None):
    async def talk(read, send):
        await read()  # the server's table
        await send(TABLE)
        clock = asyncio.get_running_loop().time
        end = clock() + float(seconds)
        while clock() < end:
            await asyncio.sleep(0.05)
            if sends:
                await send(MESSAGE)
        count = 0
        while count < WANTED:
            message = await read()
            # The rest are tables.
            count += message[2:4] == b"\x01\0"
        print("read", count)

    try:
        await {"aiohttp": over_aiohttp, "websockets": over_websockets}[library](url, talk)
    except (ConnectionError, OSError):
        print("dropped")


asyncio.run(main(*sys.argv[1:]))
