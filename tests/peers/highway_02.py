"""highway.py 0.2 as a peer of a test: `highway_02.py server` or `highway_02.py client`.

conversation.py says how the test talks to it. Its routes, on both sides: `echo` sends what comes to the peer's route
`echoed`, `echoed` takes what comes back in an exchange, and `fail` raises.
"""

import asyncio
import sys
import threading
from urllib.parse import urlsplit

import asyncio_of_python_36  # noqa: F401, has to come before highway

import highway
from highway.converters import convert
from highway.header import METADATA_LENGTH, pack_message, parse_metadata
from websockets.framing import OP_BINARY

from conversation import (
    Exchange,
    announce,
    connection_numbers,
    describe,
    evaluate,
    obey,
    text_of,
)

handlers = {}


def carry(value):
    message = pack_message(value, 0)
    data_type, _ = parse_metadata(message)
    return convert(message[METADATA_LENGTH:], data_type)


class Handler(highway.Handler):
    def __init__(self, websocket, base):
        super().__init__(websocket, base)
        # A client has told its number already, so that a test knows it before the connection is up.
        self.number = base.number if isinstance(base, Client) else next(connection_numbers)
        self.exchange = None
        self.loop = asyncio.get_event_loop()
        handlers[self.number] = self
        receive = websocket.recv

        async def recv():
            self.message = await receive()
            return self.message

        websocket.recv = recv
        announce("open", connection=self.number)

    async def on_ready(self):
        announce("ready", connection=self.number, routes=self._base.peer_exchange_routes)

    def on_close(self, code, reason):
        announce("closed", connection=self.number, code=code, reason=reason)

    async def proceed(self):
        following = self.exchange.next()
        if following is None:
            self.exchange = None
        else:
            await self.send(following[0], "echo")


class Client(highway.Client):
    def __init__(self, number):
        super().__init__(Handler)
        self.number = number


def add_routes(base):
    def received(handler, route, data):
        announce(
            "received",
            connection=handler.number,
            route=route,
            type=type(data).__name__,
            repr=text_of(data),
            message=handler.message.hex(),
        )

    @base.route("echo")
    async def echo(data, handler):
        received(handler, "echo", data)
        await handler.send(data, "echoed")

    @base.route("echoed")
    async def echoed(data, handler):
        if handler.exchange is None:
            received(handler, "echoed", data)
        else:
            handler.exchange.came_back(data)
            await handler.proceed()

    @base.route("fail")
    async def fail(data, handler):
        received(handler, "fail", data)
        raise RuntimeError("the route fails, as it is there for")


def run_client(number, url):
    asyncio.set_event_loop(asyncio.new_event_loop())
    address = urlsplit(url)
    client = Client(number)
    add_routes(client)
    error = None
    try:
        client.start(address.hostname, address.port, wss=address.scheme == "wss")
    except Exception as raised:
        error = describe(raised)
    code, reason = None, None
    if number in handlers:
        code, reason = handlers[number]._websocket.close_code, handlers[number]._websocket.close_reason
    announce("ended", connection=number, error=error, code=code, reason=reason)


def connect(url):
    threading.Thread(target=run_client, args=(next(connection_numbers), url), daemon=True).start()


def in_loop_of(handler, coroutine):
    async def reported():
        try:
            await coroutine
        except Exception as error:
            announce("failed", connection=handler.number, command=coroutine.__name__, error=describe(error))

    asyncio.run_coroutine_threadsafe(reported(), handler.loop)


def exchange(connection, values):
    async def begin(handler):
        handler.exchange = Exchange(connection, values, carry)
        await handler.proceed()

    in_loop_of(handlers[connection], begin(handlers[connection]))


def send(connection, route, value):
    handler = handlers[connection]
    in_loop_of(handler, handler.send(evaluate(value), route))


def raw(connection, hex):
    async def write(handler):
        await handler._websocket.write_frame(OP_BINARY, bytes.fromhex(hex))

    in_loop_of(handlers[connection], write(handlers[connection]))


def close(connection, code, reason):
    handler = handlers[connection]
    in_loop_of(handler, handler.close(code=code, reason=reason))


class ServerLoop(asyncio.SelectorEventLoop):
    """Tells the port, which highway.Server.start keeps to itself."""

    async def create_server(self, *args, **kwargs):
        server = await super().create_server(*args, **kwargs)
        announce("listening", port=server.sockets[0].getsockname()[1])
        return server


def run_server():
    asyncio.set_event_loop(ServerLoop())
    server = highway.Server(Handler)
    add_routes(server)
    server.start("127.0.0.1", 0)


COMMANDS = {"send": send, "exchange": exchange, "raw": raw, "close": close}

if sys.argv[1] == "server":
    threading.Thread(target=run_server, daemon=True).start()
else:
    COMMANDS["connect"] = connect
obey(COMMANDS)
