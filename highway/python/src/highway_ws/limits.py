"""What a peer may cost, and how long it may take."""

from __future__ import annotations

from dataclasses import dataclass

CLOSE_TIMEOUT = 10.0
"""The time for the closing handshake, and for routes of messages that still run when the connection is gone."""


@dataclass(frozen=True)
class Limits:
    """The limits of a connection; sizes are in bytes, times in seconds."""

    message_bytes: int = 1024 * 1024
    """The largest message that is accepted; a larger one closes with 1009."""
    outbox_bytes: int = 1024 * 1024
    """What may wait to be written before `send` waits for room."""
    queue_messages: int = 1024
    """The messages and calls that wait while routes run before the peer is no longer read."""
    queue_bytes: int = 1024 * 1024
    """The bytes of these."""
    concurrent_routes: int = 64
    """The routes for messages and calls that run at a time; more wait in the queue."""
    calls: int = 65536
    """The calls, streams and pipes that this side may have open."""
    streams: int = 256
    """The streams and pipes that the peer may have open."""
    stream_window: int = 256 * 1024
    """The bytes of a stream's items that wait to be taken before their sender has to wait."""
    peer_routes: int = 4096
    """The routes that a peer may have."""
    peer_contract_bytes: int = 64 * 1024
    """A longer contract closes with 1009."""
    open_timeout: float = 10.0
    """How long the connection, the upgrade and the exchange of routes may take, each."""
    ping_interval: float = 20.0
    """How long the server may be silent before it is pinged."""
    pong_timeout: float = 20.0
    """How long it may stay silent then."""
