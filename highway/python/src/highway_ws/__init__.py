"""An asyncio client of highway: messages, calls, streams and pipes over WebSockets."""

from .client import Client, Handler, connect
from .connection import Connection, Reconnect, Status
from .errors import (
    CallError,
    CallTimeout,
    ConnectError,
    ConnectionClosed,
    DecodeError,
    Disconnected,
    EncodeError,
    Failure,
    HighwayError,
)
from .limits import Limits
from .routes import Routes
from .stream import Stream, items

__all__ = [
    "CallError",
    "CallTimeout",
    "Client",
    "ConnectError",
    "Connection",
    "ConnectionClosed",
    "DecodeError",
    "Disconnected",
    "EncodeError",
    "Failure",
    "Handler",
    "HighwayError",
    "Limits",
    "Reconnect",
    "Routes",
    "Status",
    "Stream",
    "connect",
    "items",
]
__version__ = "0.1.0"
