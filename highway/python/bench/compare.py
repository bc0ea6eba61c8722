"""What highway_ws does in a second beside what would be used instead, in turns, in one run: `compare.py URL-OF-A-HIGHWAY-SERVER [ROUNDS]`.

    cargo run --release -p highway-examples --example typescript_bench      # the server, at ws://127.0.0.1:18080
    pip install highway/python python-socketio==5.18.1 aiohttp==3.14.5
    python highway/python/bench/compare.py ws://127.0.0.1:18080

The servers of the others run in processes of their own: python-socketio's AsyncServer on aiohttp with WebSockets only, and websockets' own.
Each client makes 10,000 calls with a small dict, 500 in flight, and sends 50,000 messages with it, up to the answer to a call behind them.
"""

import asyncio
import json
import multiprocessing
import socket
import statistics
import sys
import time

import highway_ws

DATA = {"room": "lobby", "text": "hello world", "numbers": [1, 2, 3]}
CALLS, IN_FLIGHT, MESSAGES = 10_000, 500, 50_000


def serve_socketio(port):
    import socketio
    from aiohttp import web

    server = socketio.AsyncServer(async_mode="aiohttp", transports=["websocket"])
    server.on("echo", lambda sid, data: data)
    server.on("note", lambda sid, data: None)
    app = web.Application()
    server.attach(app)
    web.run_app(app, host="127.0.0.1", port=port, print=None, access_log=None)


def serve_raw(port):
    from websockets.asyncio.server import serve

    async def handle(connection):
        async for message in connection:
            value = json.loads(message)
            if value[0]:
                await connection.send(json.dumps(value))

    async def main():
        async with serve(handle, "127.0.0.1", port, compression=None):
            await asyncio.Future()

    asyncio.run(main())


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


async def in_flight(call):
    """The calls in a second."""
    room = asyncio.Semaphore(IN_FLIGHT)

    async def one():
        async with room:
            assert await call() == DATA

    start = time.perf_counter()
    await asyncio.gather(*[one() for _ in range(CALLS)])
    return CALLS / (time.perf_counter() - start)


async def one_way(send, last):
    """The messages in a second, up to the answer to what is sent behind them."""
    start = time.perf_counter()
    for _ in range(MESSAGES):
        await send()
    await last()
    return MESSAGES / (time.perf_counter() - start)


async def attempt(connect, patience=10):
    end = time.monotonic() + patience
    while True:
        try:
            return await connect()
        except Exception:
            if time.monotonic() > end:
                raise
            await asyncio.sleep(0.1)


class Raw:
    """What one writes by hand: an id in front, and a future for each."""

    def __init__(self, connection):
        self.connection, self.waiting, self.next = connection, {}, 0
        self.task = asyncio.create_task(self.read())

    async def read(self):
        async for message in self.connection:
            number, data = json.loads(message)
            self.waiting.pop(number).set_result(data)

    async def call(self):
        self.next += 1
        answer = self.waiting[self.next] = asyncio.get_running_loop().create_future()
        await self.connection.send(json.dumps([self.next, DATA]))
        return await answer

    async def send(self):
        await self.connection.send(json.dumps([0, DATA]))


async def main(url, rounds=5):
    import socketio
    from websockets.asyncio.client import connect

    ports = [free_port(), free_port()]
    servers = [multiprocessing.Process(target=serve, args=(port,), daemon=True) for serve, port in zip((serve_socketio, serve_raw), ports)]
    for server in servers:
        server.start()
    highway = await highway_ws.connect(url)
    sio = socketio.AsyncClient()
    await attempt(lambda: sio.connect(f"http://127.0.0.1:{ports[0]}", transports=["websocket"]))
    raw = Raw(await attempt(lambda: connect(f"ws://127.0.0.1:{ports[1]}", compression=None)))

    async def highway_call():
        return await highway.call("echo", DATA)

    async def sio_call():
        return await sio.call("echo", DATA)

    ways = {
        "calls": {
            "highway_ws": lambda: in_flight(highway_call),
            "python-socketio": lambda: in_flight(sio_call),
            "websockets + JSON": lambda: in_flight(raw.call),
        },
        "messages": {
            "highway_ws": lambda: one_way(lambda: highway.send("note", DATA), highway_call),
            "python-socketio": lambda: one_way(lambda: sio.emit("note", DATA), sio_call),
            "websockets + JSON": lambda: one_way(raw.send, raw.call),
        },
    }
    for what, measured in ways.items():
        rates = {name: [] for name in measured}
        for _ in range(int(rounds)):
            for name, run in measured.items():
                rates[name].append(await run())
        for name, each in rates.items():
            ratio = statistics.median(ours / theirs for ours, theirs in zip(rates["highway_ws"], each))
            print(f"{what:9} {name:18} {statistics.median(each):9,.0f}/s   highway_ws is {ratio:.2f} times as fast", flush=True)
    await highway.close()
    await sio.disconnect()
    for server in servers:
        server.terminate()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
