"""A WebSocket: the frames are those of websockets' Sans-I/O layer, written in batches and handed on as they are read."""

from __future__ import annotations

import asyncio
import ssl as tls
from collections.abc import Callable, Mapping
from typing import Any

from websockets.client import ClientProtocol
from websockets.exceptions import InvalidStatus, InvalidURI, WebSocketException
from websockets.frames import Frame, Opcode
from websockets.http11 import Response
from websockets.protocol import State
from websockets.uri import WebSocketURI, parse_uri

from .errors import ConnectError
from .limits import CLOSE_TIMEOUT, Limits
from .wire import malformed

_BATCH = 64 * 1024
_DATA = (Opcode.BINARY, Opcode.TEXT, Opcode.CONT)


class Socket(asyncio.Protocol):
    """One WebSocket connection.

    `on_message` gets each binary message, `on_closed` the code and reason of the end, once.
    """

    def __init__(self, uri: WebSocketURI, headers: Mapping[str, str], limits: Limits) -> None:
        self._loop = asyncio.get_running_loop()
        self._protocol = ClientProtocol(uri, max_size=limits.message_bytes)
        self._headers = headers
        self._limits = limits
        self._transport: Any = None
        self.opened: asyncio.Future[None] = self._loop.create_future()
        self.on_message: Callable[[bytes], None] = lambda message: None
        self.on_closed: Callable[[int, str], None] = lambda code, reason: None
        self._waiting = 0
        self._is_flushing = False
        self._parts: list[bytes] | None = None
        self._writable = asyncio.Event()
        self._writable.set()
        self._paused_reading = False
        self._end: tuple[int, str] | None = None
        self._is_lost = False
        self._timer: asyncio.TimerHandle | None = None
        self._close_timer: asyncio.TimerHandle | None = None
        self._heard = self._loop.time()
        self._pinged = False

    # --- What the session uses ---

    @property
    def has_room(self) -> bool:
        return self._writable.is_set()

    async def room(self) -> None:
        """Waits until there is room for another message."""
        await self._writable.wait()

    def write(self, message: bytes) -> None:
        """Sends a message, or nothing once the connection is closing."""
        if self._protocol.state is not State.OPEN:
            return
        self._protocol.send_binary(message)
        self._waiting += len(message)
        if self._waiting >= _BATCH:
            self._flush()
        elif not self._is_flushing:
            self._is_flushing = True
            self._loop.call_soon(self._flush)

    async def flush(self) -> None:
        """Waits until all that was sent is written to the socket."""
        self._flush()
        if self._is_lost or self._transport is None:
            return
        low, high = self._transport.get_write_buffer_limits()
        self._transport.set_write_buffer_limits(high=0)
        try:
            await self._writable.wait()
        finally:
            if not self._is_lost:
                self._transport.set_write_buffer_limits(high=high, low=low)

    def close(self, code: int, reason: str) -> None:
        """Begins the closing handshake; ignores what comes from now on."""
        if self._end is not None or self._protocol.state is not State.OPEN:
            if self._transport is not None and self._protocol.state is State.CONNECTING:
                self._transport.abort()
            return
        reason = reason.encode()[:123].decode(errors="ignore")
        self._end = (code, reason)
        self._protocol.send_close(code, reason)
        self._flush()
        self.resume_reading()
        self._close_within(CLOSE_TIMEOUT)

    def abort(self, code: int, reason: str) -> None:
        """Ends the connection at once."""
        if self._end is None:
            self._end = (code, reason)
        if self._transport is not None:
            self._transport.abort()

    def pause_reading(self) -> None:
        if not self._paused_reading and not self._is_lost and self._end is None:
            self._paused_reading = True
            self._transport.pause_reading()

    def resume_reading(self) -> None:
        if self._paused_reading and not self._is_lost:
            self._paused_reading = False
            self._transport.resume_reading()
            self._heard = self._loop.time()

    # --- asyncio.Protocol ---

    def connection_made(self, transport: Any) -> None:
        self._transport = transport
        transport.set_write_buffer_limits(high=self._limits.outbox_bytes)
        request = self._protocol.connect()
        for name, value in self._headers.items():
            request.headers[name] = value
        self._protocol.send_request(request)
        self._flush()

    def data_received(self, data: bytes) -> None:
        self._heard = self._loop.time()
        self._pinged = False
        self._protocol.receive_data(data)
        self._handle()

    def eof_received(self) -> bool:
        self._protocol.receive_eof()
        self._handle()
        return False

    def connection_lost(self, error: Exception | None) -> None:
        self._is_lost = True
        self._protocol.receive_eof()
        self._handle()
        for timer in (self._timer, self._close_timer):
            if timer is not None:
                timer.cancel()
        self._writable.set()
        if not self.opened.done():
            self.opened.set_exception(ConnectError("the server ended the connection before it answered"))
        if self._end is None:
            code = self._protocol.close_code
            self._end = (1006 if code is None else code, self._protocol.close_reason or "")
        self.on_closed(*self._end)

    def pause_writing(self) -> None:
        self._writable.clear()

    def resume_writing(self) -> None:
        self._writable.set()

    # --- Frames ---

    def _flush(self) -> None:
        self._is_flushing = False
        self._waiting = 0
        chunks = self._protocol.data_to_send()
        if not chunks or self._is_lost or self._transport is None:
            return
        data = b"".join(chunks)
        if data:
            self._transport.write(data)
        if not chunks[-1] and self._transport.can_write_eof():
            self._transport.write_eof()

    def _handle(self) -> None:
        for event in self._protocol.events_received():
            if isinstance(event, Frame):
                if self._end is None:
                    self._frame(event)
            elif isinstance(event, Response) and not self.opened.done() and self._protocol.handshake_exc is None:
                self._timer = self._loop.call_later(self._limits.ping_interval, self._watch)
                self.opened.set_result(None)
        if self._protocol.handshake_exc is not None and not self.opened.done():
            self.opened.set_exception(self._protocol.handshake_exc)
        self._flush()
        if self._protocol.close_expected() and not self._is_lost:
            self._close_within(CLOSE_TIMEOUT)

    def _frame(self, frame: Frame) -> None:
        opcode = frame.opcode
        if opcode is Opcode.BINARY and frame.fin:
            data = frame.data
            self.on_message(data if type(data) is bytes else bytes(data))
        elif opcode is Opcode.TEXT:
            self.close(3001, malformed().reason)
        elif opcode is Opcode.BINARY:
            self._parts = [bytes(frame.data)]
        elif opcode is Opcode.CONT and self._parts is not None:
            self._parts.append(bytes(frame.data))
            if frame.fin:
                message, self._parts = b"".join(self._parts), None
                self.on_message(message)

    def _close_within(self, seconds: float) -> None:
        if self._close_timer is None and not self._is_lost:
            self._close_timer = self._loop.call_later(seconds, self._transport.abort)

    def _watch(self) -> None:
        """Pings a server that was silent, and gives up one that stays so."""
        if self._is_lost or self._end is not None:
            return
        silent = 0.0 if self._paused_reading else self._loop.time() - self._heard
        wait = self._limits.ping_interval - silent
        if self._pinged:
            wait = self._limits.ping_interval + self._limits.pong_timeout - silent
            if wait <= 0:
                self.abort(1006, "the peer did not answer a ping")
                return
        elif wait <= 0:
            self._pinged = True
            self._protocol.send_ping(b"")
            self._flush()
            wait = self._limits.pong_timeout
        self._timer = self._loop.call_later(max(wait, 0.001), self._watch)


def _seconds(text: str | None) -> float | None:
    try:
        return None if text is None else min(max(float(int(text)), 0.0), 600.0)
    except ValueError:
        return None


def _refused(error: BaseException) -> ConnectError:
    if isinstance(error, InvalidStatus):
        status = error.response.status_code
        body = (error.response.body or b"")[:200].decode(errors="replace").strip()
        wait = _seconds(error.response.headers.get("Retry-After")) if status in (429, 503) else None
        may_retry = not 300 <= status <= 499 or status in (408, 425, 429)
        said = f": {body}" if body else ""
        return ConnectError(f"the server answered with status {status}{said}", status=status, may_retry=may_retry, retry_after=wait)
    if isinstance(error, tls.SSLError):
        return ConnectError(f"TLS failed: {error}")
    if isinstance(error, OSError):
        return ConnectError(f"no connection to the server: {error}")
    return ConnectError(f"the server's answer is no upgrade to a WebSocket: {error}")


async def open_socket(
    url: str,
    headers: Mapping[str, str],
    ssl: tls.SSLContext | None,
    limits: Limits,
    prepare: Callable[[Socket], None],
) -> Socket:
    """Connects and upgrades; `prepare` gets the socket before anything is read.

    Raises ConnectError when that fails, within `limits.open_timeout`.
    """
    try:
        uri = parse_uri(url)
    except (InvalidURI, ValueError) as error:
        raise ConnectError(f"{url!r} is no address of a WebSocket: {error}", may_retry=False) from error
    if ssl is not None and not uri.secure:
        raise ConnectError("`ssl` is for addresses with wss://", may_retry=False)

    def create() -> Socket:
        socket = Socket(uri, headers, limits)
        prepare(socket)
        return socket

    socket: Socket | None = None
    try:
        _, connected = await asyncio.wait_for(
            asyncio.get_running_loop().create_connection(
                create,
                uri.host,
                uri.port,
                ssl=(ssl or tls.create_default_context()) if uri.secure else None,
                server_hostname=uri.host if uri.secure else None,
            ),
            limits.open_timeout,
        )
        socket = connected
        await asyncio.wait_for(asyncio.shield(connected.opened), limits.open_timeout)
        return connected
    except asyncio.CancelledError:
        if socket is not None:
            socket.abort(1006, "")
        raise
    except (asyncio.TimeoutError, TimeoutError) as error:
        if socket is not None:
            socket.abort(1006, "")
        if isinstance(error, OSError) and error.errno is not None:
            raise _refused(error) from error
        raise ConnectError(f"no connection within {limits.open_timeout:g} s") from error
    except ConnectError:
        raise
    except (WebSocketException, OSError, EOFError, ValueError) as error:
        if socket is not None:
            socket.abort(1006, "")
        raise _refused(error) from error
