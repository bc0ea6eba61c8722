"""highway.py 0.1 as a peer of a test: `highway_01.py server` or `highway_01.py client`.

conversation.py says how the test talks to it. Its routes, on both sides: `echo` sends what comes to the peer's route
`echoed`, `echoed` takes what comes back in an exchange, and `fail` raises.
"""

import sys
import threading
from wsgiref.simple_server import make_server

import highway
from ws4py.server.wsgirefserver import WebSocketWSGIRequestHandler

from conversation import (
    Exchange,
    announce,
    connection_numbers,
    describe,
    evaluate,
    is_indexed,
    obey,
    text_of,
)

handlers = {}


def carry(value):
    message = highway.pack_message(value, 0, indexed_dict=is_indexed(value))
    data_type, _ = highway.parse_metadata(message)
    carried = highway.convert_data(message[highway.METADATA_LENGTH :], data_type)
    if carried is None and value is not None:
        raise ValueError("highway.py 0.1 cannot read what it writes for this value")
    return carried


class Numbered:
    """What the handlers of both sides do beyond highway's."""

    def begin(self, number):
        self.number = number
        self.exchange = None
        handlers[number] = self

        # highway keeps this one in the instance.
        def received_message(message):
            self.message = message.data
            self._received_message(message)

        self.received_message = received_message

    def opened(self):
        announce("open", connection=self.number)
        super().opened()

    def ready(self):
        announce("ready", connection=self.number, routes=self.peer_exchange_routes)

    def closed(self, code, reason=None):
        if isinstance(reason, bytes):
            reason = reason.decode()
        announce("closed", connection=self.number, code=code, reason=reason or "")

    def send_value(self, value, route):
        self.send(value, route, indexed_dict=is_indexed(value))

    def proceed(self):
        following = self.exchange.next()
        if following is None:
            self.exchange = None
        else:
            self.send_value(following[0], "echo")


class ServerHandler(Numbered, highway.Server):
    def __init__(self, sock, routes, debug=False):
        highway.Server.__init__(self, sock, routes, debug=debug)
        self.begin(next(connection_numbers))


class ClientHandler(Numbered, highway.Client):
    def __init__(self, url, routes, number):
        highway.Client.__init__(self, url, routes)
        self.begin(number)


def received(handler, route, data):
    announce(
        "received",
        connection=handler.number,
        route=route,
        type=type(data).__name__,
        repr=text_of(data),
        message=handler.message.hex(),
    )


class Echo(highway.Route):
    def run(self, data, handler):
        received(handler, "echo", data)
        handler.send_value(data, "echoed")


class Echoed(highway.Route):
    def run(self, data, handler):
        if handler.exchange is None:
            received(handler, "echoed", data)
        else:
            handler.exchange.came_back(data)
            handler.proceed()


class Fail(highway.Route):
    def run(self, data, handler):
        received(handler, "fail", data)
        raise RuntimeError("the route fails, as it is there for")


def routes():
    return {"echo": Echo(), "echoed": Echoed(), "fail": Fail()}


def run_client(number, url):
    error = None
    try:
        client = ClientHandler(url, routes(), number)
        client.connect()
        client.run_forever()
    except Exception as raised:
        error = describe(raised)
    announce("ended", connection=number, error=error, code=None, reason=None)


def connect(url):
    threading.Thread(target=run_client, args=(next(connection_numbers), url), daemon=True).start()


def exchange(connection, values):
    handler = handlers[connection]
    handler.exchange = Exchange(connection, values, carry)
    handler.proceed()


def send(connection, route, value):
    handlers[connection].send_value(evaluate(value), route)


def raw(connection, hex):
    handlers[connection].raw_send(bytes.fromhex(hex), binary=True)


def close(connection, code, reason):
    handlers[connection].close(code=code, reason=reason)


def run_server():
    server = make_server(
        "127.0.0.1",
        0,
        server_class=highway.WSGIServer,
        handler_class=WebSocketWSGIRequestHandler,
        app=highway.ServerWSGIApplication(ServerHandler, routes=routes()),
    )
    server.initialize_websockets_manager()
    announce("listening", port=server.server_port)
    server.serve_forever()


COMMANDS = {"send": send, "exchange": exchange, "raw": raw, "close": close}

if sys.argv[1] == "server":
    threading.Thread(target=run_server, daemon=True).start()
else:
    COMMANDS["connect"] = connect
obey(COMMANDS)
