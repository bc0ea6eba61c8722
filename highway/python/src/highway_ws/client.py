"""`connect`, and the names that users of highway.py know."""

from __future__ import annotations

import asyncio
import logging
import ssl as tls
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from .connection import Connection, Options, Persistent, Reconnect, Status
from .errors import ConnectionClosed
from .limits import Limits
from .routes import Route, Routes
from .stream import Stream

log = logging.getLogger("highway_ws")

Headers = Mapping[str, str] | Callable[[], Mapping[str, str] | Awaitable[Mapping[str, str]]]


async def connect(
    url: str,
    routes: Routes | Mapping[str, Callable[..., Any]] | None = None,
    *,
    description: Mapping[str, Any] | None = None,
    strict: bool = False,
    reconnect: Reconnect | bool = False,
    headers: Headers | None = None,
    ssl: tls.SSLContext | None = None,
    limits: Limits | None = None,
    pipes: Routes | None = None,
    on_status: Callable[[Status, Exception | None], None] | None = None,
    on_missed: Callable[[int], None] | None = None,
) -> Connection:
    """Connects to a server and returns when both sides' routes are known.

    `routes` are what this client serves: functions of the data and the connection. With `description`, which a highway program writes with
    `--describe`, the types of both sides' routes are declared; differences from the server's make a route unusable, and with `strict` end the
    connection with 3004. `pipes` are the routes of pipes that other clients open. `headers` go along with the request; a function is asked
    anew for each attempt.

    Raises ConnectError when no connection comes about, ConnectionClosed when the server ends it before it is ready.
    """
    return await open_connection(
        url,
        routes,
        None,
        description=description,
        strict=strict,
        reconnect=reconnect,
        headers=headers,
        ssl=ssl,
        limits=limits,
        pipes=pipes,
        on_status=on_status,
        on_missed=on_missed,
    )


async def open_connection(
    url: str,
    routes: Routes | Mapping[str, Callable[..., Any]] | None,
    make_handler: Callable[[Connection], Any] | None,
    *,
    reconnect: Reconnect | bool = False,
    limits: Limits | None = None,
    **options: Any,
) -> Connection:
    """Connects; what `make_handler` makes of a connection is what its routes get."""
    connection = Persistent(
        Options(
            url,
            _routes(routes),
            make_handler=make_handler,
            reconnect=Reconnect() if reconnect is True else reconnect or None,
            limits=limits or Limits(),
            **options,
        )
    )
    await connection.start()
    return connection


def _routes(routes: Routes | Mapping[str, Callable[..., Any]] | None) -> list[Route]:
    if routes is None:
        return []
    if isinstance(routes, Routes):
        return routes.as_list()
    made = Routes()
    for name, function in routes.items():
        made.route(name)(function)
    return made.as_list()


class Handler:
    """One connection of a `Client`: routes get it behind the data.

    Subclasses may define `on_ready`, `on_close` and `on_missed`.
    """

    def __init__(self, connection: Connection, base: Client) -> None:
        self.connection = connection
        self._base = base

    @property
    def open(self) -> bool:
        """Whether the connection is open."""
        return self.connection.status == "open"

    @property
    def routes(self) -> dict[str, Callable[..., Any]]:
        """The functions that serve this client's routes."""
        return self._base.routes

    @property
    def debug(self) -> bool:
        """What the client was made with."""
        return self._base.debug

    async def send(self, data: Any, route: str) -> None:
        """Sends a message to a route of the server."""
        if self.debug:
            log.info("sending %s on route %r: %.80r", type(data).__name__, route, data)
        await self.connection.send(route, data)

    async def call(self, name: str, data: Any = None, *, timeout: float | None = 30.0) -> Any:
        """Calls a route of the server, see `Connection.call`."""
        return await self.connection.call(name, data, timeout=timeout)

    def stream(self, name: str, data: Any = None) -> Stream[Any]:
        """Opens a stream of a route of the server, see `Connection.stream`."""
        return self.connection.stream(name, data)

    async def close(self, code: int = 1000, reason: str = "") -> None:
        """Closes the connection."""
        session = self.connection._current()
        session.check_open()
        session.channel.close(code, reason)

    async def on_ready(self) -> None:
        """Runs when both sides' routes are known; an exception closes with 1011."""

    def on_close(self, code: int, reason: str) -> Any:
        """Runs when the connection is over."""
        if code != 1000:
            log.error("connection closed (%d): %r", code, reason)

    def on_missed(self, count: int) -> None:
        """Runs when the server reports that it dropped broadcasts for this client."""


class Client(Routes):
    """A client as in highway.py: routes by decorators, `start` to run it.

    ```python
    client = Client(Handler)

    @client.route("echo")
    async def echo(data, handler):
        print(data)

    client.start("127.0.0.1", 1337)
    ```

    `options` are those of `connect`.
    """

    def __init__(self, handler_class: type[Handler] = Handler, debug: bool = False, **options: Any) -> None:
        super().__init__()
        self.handler_class = handler_class
        self.debug = debug
        self._options = options

    async def connect(self, url: str) -> Connection:
        """Connects to a server and returns when both sides' routes are known; see the function `connect`."""
        return await open_connection(url, self, lambda connection: self.handler_class(connection, self), **self._options)

    async def run(self, url: str) -> ConnectionClosed:
        """Connects, and returns how it ended once it has."""
        connection = await self.connect(url)
        try:
            return await connection.wait_closed()
        finally:
            await connection.close()

    def start(self, address: str, port: int, wss: bool = False) -> None:
        """Connects and serves until the connection is over."""
        host = f"[{address}]" if ":" in address else address
        asyncio.run(self.run(f"{'wss' if wss else 'ws'}://{host}:{port}"))
