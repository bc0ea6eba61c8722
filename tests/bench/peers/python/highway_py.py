"""A server on highway.py 0.2.2: the routes "echo" and "echo-bytes" answer, "bc" sends to all."""

from asyncio import get_event_loop

from highway import Handler, Server
from websockets import serve


class Peer(Handler):
    everyone = set()

    async def on_ready(self):
        self.everyone.add(self)

    def on_close(self, code, reason):
        self.everyone.discard(self)


server = Server(Peer)


@server.route("echo")
async def echo(data, handler):
    await handler.send(data, "echo")


@server.route("echo-bytes")
async def echo_bytes(data, handler):
    await handler.send(data, "echo-bytes")


@server.route("bc")
async def bc(data, handler):
    for peer in list(handler.everyone):
        await peer.send(data, "bc")


# Not `server.start`, which doesn't tell the port that it got.
loop = get_event_loop()
listener = loop.run_until_complete(serve(server.server, "127.0.0.1", 0))
print("listening on 127.0.0.1:%d" % listener.server.sockets[0].getsockname()[1], flush=True)
loop.run_forever()
