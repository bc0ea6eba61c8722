"""What goes wrong, as exceptions that a program can match."""

from __future__ import annotations

from typing import Any


class HighwayError(Exception):
    """What all exceptions of this package have in common."""


class ConnectError(HighwayError):
    """No connection came about.

    `status` is the HTTP status of the server's refusal, or None; `may_retry` tells whether another attempt can succeed, and `retry_after` the
    seconds that the server asks to wait before it.
    """

    def __init__(
        self, message: str, *, status: int | None = None, may_retry: bool = True, retry_after: float | None = None
    ) -> None:
        super().__init__(message)
        self.status = status
        self.may_retry = may_retry
        self.retry_after = retry_after


class Disconnected(HighwayError):
    """There is no connection at present; the client tries to connect again."""


class ConnectionClosed(HighwayError):
    """The connection is over, with the close's `code` and `reason`."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(f"the connection is closed with {code}: {reason}" if reason else f"the connection is closed with {code}")
        self.code = code
        self.reason = reason


class EncodeError(HighwayError, TypeError):
    """A value can't be sent; nothing of it was. `route` and `place` tell where it stands, such as `[1].name`."""

    def __init__(self, why: str, place: str = "", route: str | None = None) -> None:
        self.why = why
        self.place = place
        self.route = route
        where = f" at {place}" if place else ""
        to = f" to route {route!r}" if route is not None else ""
        super().__init__(f"can't send the data{where}{to}: {why}")


class DecodeError(HighwayError, ValueError):
    """A payload is invalid for its type."""


class CallError(HighwayError):
    """A call, a stream or a pipe has failed.

    `kind` is `"refused"` (the route returned an error), `"convert"` (the data does not fit the route), `"shape"` (a call of a route that returns
    a stream, or the reverse), `"internal"`, `"busy"`, `"cancelled"`, `"pipe"`, `"reply"` (the answer can't be read), `"timeout"`, `"unsupported"`
    (the peer has no calls), `"contract"` (the declared types differ from the peer's) or `"no-route"`. `code` and `data` are those of the
    peer's failure; `declared` tells that `data` is the error that the route declares.
    """

    def __init__(
        self, route: str, kind: str, message: str, *, code: str = "", data: Any = None, declared: bool = False
    ) -> None:
        super().__init__(f"route {route!r}: {message}" if message else f"route {route!r}: {kind}")
        self.route = route
        self.kind = kind
        self.message = message
        self.code = code
        self.data = data
        self.declared = declared


class CallTimeout(CallError, TimeoutError):
    """No answer came in time; the call is cancelled at the peer."""

    def __init__(self, route: str, seconds: float) -> None:
        super().__init__(route, "timeout", f"no answer within {seconds:g} s")


class Failure(Exception):
    """Raised by a route to refuse: the caller gets the message, the `code` and the `data`."""

    def __init__(self, message: str = "", *, code: str | None = None, data: Any = None, declared: bool = False) -> None:
        super().__init__(message)
        self.message = message
        self.code = code
        self.data = data
        self.declared = declared
