"""What files are built on that a highway program generates with `--generate python`."""

from __future__ import annotations

import ssl as tls
import sys
from collections.abc import AsyncIterator, Callable, Mapping
from typing import Any, TypedDict, TypeVar

from .client import Headers, open_connection
from .connection import Connection, Reconnect, Status
from .errors import ConnectionClosed
from .limits import Limits
from .routes import Routes

if sys.version_info >= (3, 11):
    from typing import Unpack
else:
    from typing_extensions import Unpack

Typed = TypeVar("Typed", bound="TypedConnection")


class ConnectOptions(TypedDict, total=False):
    """The options of `connect`, which tells what each does."""

    strict: bool
    reconnect: Reconnect | bool
    headers: Headers | None
    ssl: tls.SSLContext | None
    limits: Limits | None
    pipes: Routes | None
    on_status: Callable[[Status, Exception | None], None] | None
    on_missed: Callable[[int], None] | None


class TypedConnection:
    """A connection whose routes have types; those without are used through `connection`."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection

    @property
    def status(self) -> Status:
        """`"connecting"`, `"open"`, `"reconnecting"` or `"closed"`."""
        return self.connection.status

    def status_changes(self) -> AsyncIterator[Status]:
        """Yields the status, and again whenever it has changed, up to `"closed"`."""
        return self.connection.status_changes()

    async def pipe(self, to: int, routes: Routes | None = None, *, timeout: float | None = 30.0) -> Connection:
        """Opens a pipe to another client, see `Connection.pipe`."""
        return await self.connection.pipe(to, routes, timeout=timeout)

    async def flush(self) -> None:
        """Waits until all that was sent is written to the socket."""
        await self.connection.flush()

    async def close(self, code: int = 1000, reason: str = "") -> None:
        """Closes the connection and waits until it is."""
        await self.connection.close(code, reason)

    async def wait_closed(self) -> ConnectionClosed:
        """Waits until the connection is over; returns its code and reason."""
        return await self.connection.wait_closed()

    async def __aenter__(self: Typed) -> Typed:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()


async def connect_typed(
    make: Callable[[Connection], Typed],
    url: str,
    routes: Routes | None,
    description: Mapping[str, Any],
    **options: Unpack[ConnectOptions],
) -> Typed:
    """Connects as `connect` does; `make` makes what the program and the routes get of each connection."""
    return make(await open_connection(url, routes, make, description=description, **options))
