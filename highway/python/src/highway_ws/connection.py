"""What a program holds: a connection that sends, calls, streams and opens pipes."""

from __future__ import annotations

import asyncio
import inspect
import logging
import random
import ssl as tls
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from .contract import Declared
from .errors import CallError, ConnectError, ConnectionClosed, Disconnected, HighwayError
from .limits import Limits
from .pipe import Pipe
from .routes import Route, Routes
from .session import Hooks, Session
from .socket import Socket, open_socket
from .stream import Stream

log = logging.getLogger("highway_ws")

Status = Literal["connecting", "open", "reconnecting", "closed"]

_RETRIED = frozenset((1001, 1006, 1011, 1012, 1013, 1014))
_LONGEST_WAIT = 600.0


@dataclass(frozen=True)
class Reconnect:
    """How a client connects again when its connection is lost; times in seconds."""

    first_delay: float = 0.5
    """Attempt n waits for a random time between 0 and this times 2 to the power of n - 1."""
    longest_delay: float = 30.0
    """That time at most; after a connection that lasted as long, n starts anew."""
    wait_for_server: bool = False
    """Whether the first attempt may fail too."""
    keep: int = 0
    """How many messages wait for the next connection; more, or without it all, fail with Disconnected."""
    keep_for: float = 60.0
    """How long they wait."""
    retry_if: Callable[[Exception], bool] | None = None
    """Decides about a ConnectError or a ConnectionClosed in place of the defaults."""


@dataclass
class Options:
    """What a client connects with."""

    url: str
    routes: list[Route]
    make_handler: Callable[[Connection], Any] | None = None
    description: Mapping[str, Any] | None = None
    strict: bool = False
    headers: Mapping[str, str] | Callable[[], Mapping[str, str] | Awaitable[Mapping[str, str]]] | None = None
    ssl: tls.SSLContext | None = None
    limits: Limits = Limits()
    pipes: Routes | None = None
    reconnect: Reconnect | None = None
    on_status: Callable[[Status, Exception | None], None] | None = None
    on_missed: Callable[[int], None] | None = None


class Connection:
    """A connection to a highway server, or through a pipe to another client."""

    def __init__(self, session: Session | None = None) -> None:
        self._session = session
        self._ended: asyncio.Future[ConnectionClosed] = asyncio.get_running_loop().create_future()
        self._status: Status = "connecting"
        self._status_changed = asyncio.Event()

    # --- Sending ---

    async def send(self, name: str, data: Any = None) -> None:
        """Sends a message to a route of the peer; waits while there is no room for it.

        Raises EncodeError, before anything is sent, for what the wire can't carry; CallError (`"no-route"`, `"contract"`) where the peer does not
        serve the route; Disconnected or ConnectionClosed without a connection.
        """
        await self._current().send(name, data)

    async def call(self, name: str, data: Any = None, *, timeout: float | None = 30.0) -> Any:
        """Calls a route of the peer and returns its reply.

        `data` may be an async iterator, where the route takes a stream. Cancelling the task cancels the call at the peer. Raises CallError, or
        CallTimeout after `timeout` seconds; what `send` raises too.
        """
        return await self._current().call(name, data, timeout)

    def stream(self, name: str, data: Any = None) -> Stream[Any]:
        """Opens a stream of a route of the peer: read it with `async for`; leaving the loop cancels it at the peer."""
        return self._current().stream(name, data)

    async def pipe(self, to: int, routes: Routes | None = None, *, timeout: float | None = 30.0) -> Connection:
        """Opens a pipe to another client, by the number of its connection at the server; it ends with this connection."""
        outer = self._current()
        pipe = Pipe(outer, None)
        # The number is known before anything can arrive, as nothing does while this runs.
        pipe.number = outer.open_pipe(pipe, to)
        connection = _within(pipe, outer, [] if routes is None else routes.as_list(), is_client=True)
        try:
            await asyncio.wait_for(asyncio.shield(outer.pipe_answer(pipe.number)), timeout)
            assert pipe.session is not None
            await asyncio.wait_for(asyncio.shield(pipe.session.ready), timeout)
        except asyncio.TimeoutError:
            pipe.close(1000, "")
            raise CallError("pipe", "timeout", f"no pipe within {timeout:g} s") from None
        except asyncio.CancelledError:
            pipe.close(1000, "")
            raise
        connection._set_status("open")
        return connection

    async def flush(self) -> None:
        """Waits until all that was sent is written to the socket."""
        session = self._current()
        await session.channel.flush()
        session.check_open()

    # --- State ---

    @property
    def status(self) -> Status:
        """`"connecting"`, `"open"`, `"reconnecting"` or `"closed"`."""
        return self._status

    async def status_changes(self) -> AsyncIterator[Status]:
        """Yields the status, and again whenever it has changed, up to `"closed"`."""
        seen: Status | None = None
        while True:
            if self._status != seen:
                seen = self._status
                yield seen
                if seen == "closed":
                    return
            else:
                changed = self._status_changed
                await changed.wait()

    @property
    def peer_routes(self) -> list[str]:
        """The names of the routes that the peer serves."""
        return [name for name in self._current().peer_routes if name != "meta"]

    @property
    def dialect(self) -> str:
        """`"highway/1"`, or `"0.2"` with a peer that has messages only."""
        return "highway/1" if self._current().extended else "0.2"

    async def close(self, code: int = 1000, reason: str = "") -> None:
        """Closes the connection and waits until it is."""
        if code != 1000 and not 3000 <= code <= 4999 and code not in (1001, 1003, 1008, 1009, 1011):
            raise ValueError(f"a connection can't be closed with {code}")
        session = self._session
        if session is not None and session.ended is None:
            session.channel.close(code, reason)
        await self.wait_closed()

    async def wait_closed(self) -> ConnectionClosed:
        """Waits until the connection is over; returns its code and reason."""
        return await asyncio.shield(self._ended)

    async def __aenter__(self) -> Connection:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    def _current(self) -> Session:
        if self._session is None:
            raise Disconnected("there is no connection yet")
        return self._session

    def _set_status(self, status: Status) -> None:
        if status != self._status:
            self._status = status
            changed, self._status_changed = self._status_changed, asyncio.Event()
            changed.set()

    def _end(self, closed: ConnectionClosed) -> None:
        if not self._ended.done():
            self._ended.set_result(closed)
        self._set_status("closed")


class Persistent(Connection):
    """A connection that is made again when it is lost; it always means the present one."""

    def __init__(self, options: Options) -> None:
        super().__init__()
        self._options = options
        self._declared = Declared(options.description)
        self._policy = options.reconnect
        self._attempt = 0
        self._task: asyncio.Task[None] | None = None
        self._kept: deque[tuple[asyncio.Future[None], str, Any]] = deque()
        self._closing: tuple[int, str] | None = None
        self._last_error: Exception | None = None

    def _current(self) -> Session:
        session = self._session
        if session is not None and (session.ended is None or self._policy is None):
            return session
        if self._ended.done():
            closed = self._ended.result()
            raise ConnectionClosed(closed.code, closed.reason)
        raise Disconnected("there is no connection at present; the client tries to connect again")

    async def send(self, name: str, data: Any = None) -> None:
        policy = self._policy
        if policy is not None and policy.keep and not self._ended.done() and (self._session is None or self._kept):
            await self._keep(policy, name, data)
            return
        await self._current().send(name, data)

    async def _keep(self, policy: Reconnect, name: str, data: Any) -> None:
        if len(self._kept) >= policy.keep:
            raise Disconnected(f"there is no connection, and {policy.keep} messages wait for one already")
        sent: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        entry = (sent, name, data)
        self._kept.append(entry)
        try:
            await asyncio.wait_for(sent, policy.keep_for)
        except asyncio.TimeoutError:
            raise Disconnected(f"there was no connection for {policy.keep_for:g} s") from None
        finally:
            if entry in self._kept:
                self._kept.remove(entry)

    async def _send_kept(self, session: Session) -> None:
        while self._kept and session.ended is None:
            sent, name, data = self._kept.popleft()
            if sent.done():
                continue
            try:
                await session.send(name, data)
            except Exception as error:
                if not sent.done():
                    sent.set_exception(error)
            else:
                if not sent.done():
                    sent.set_result(None)

    async def start(self) -> None:
        """Makes the first connection."""
        while True:
            try:
                session, ended = await self._connect()
                break
            except (ConnectError, ConnectionClosed) as error:
                policy = self._policy
                if policy is None or not policy.wait_for_server or not self._may_retry(error):
                    self._end(error if isinstance(error, ConnectionClosed) else ConnectionClosed(1006, str(error)))
                    raise
                await self._wait(error)
        self._task = asyncio.get_running_loop().create_task(self._run(session, ended))

    async def close(self, code: int = 1000, reason: str = "") -> None:
        self._closing = (code, reason)
        session = self._session
        if (session is None or session.ended is not None) and not self._ended.done():
            if self._task is not None and self._task is not asyncio.current_task():
                self._task.cancel()
            self._finish(ConnectionClosed(code, reason))
            return
        await super().close(code, reason)

    def _finish(self, closed: ConnectionClosed) -> None:
        for sent, _, _ in self._kept:
            if not sent.done():
                sent.set_exception(ConnectionClosed(closed.code, closed.reason))
        self._end(closed)
        self._tell("closed", closed)

    def _tell(self, status: Status, why: Exception | None) -> None:
        self._set_status(status)
        if self._options.on_status is not None:
            try:
                self._options.on_status(status, why)
            except Exception:
                log.exception("`on_status` failed")

    async def _run(self, session: Session, ended: asyncio.Future[ConnectionClosed]) -> None:
        loop = asyncio.get_running_loop()
        while True:
            since = loop.time()
            closed = await ended
            policy = self._policy
            if policy is None or self._closing is not None or not self._may_retry(closed):
                self._finish(closed)
                return
            if loop.time() - since >= policy.longest_delay:
                self._attempt = 0
            self._session = None
            error: Exception = closed
            while True:
                self._tell("reconnecting", error)
                await self._wait(error)
                try:
                    session, ended = await self._connect()
                    break
                except (ConnectError, ConnectionClosed) as failed:
                    error = failed
                    if not self._may_retry(failed):
                        self._finish(failed if isinstance(failed, ConnectionClosed) else ConnectionClosed(1006, str(failed)))
                        return

    def _may_retry(self, error: Exception) -> bool:
        if self._policy is not None and self._policy.retry_if is not None:
            return self._policy.retry_if(error)
        if isinstance(error, ConnectError):
            return error.may_retry
        if isinstance(error, ConnectionClosed):
            return error.code in _RETRIED or error.code == 3003 and error.reason == "Invalid state"
        return False

    async def _wait(self, error: Exception) -> None:
        policy = self._policy
        assert policy is not None
        self._attempt += 1
        most = min(policy.first_delay * 2 ** min(self._attempt - 1, 30), policy.longest_delay)
        delay = random.uniform(0, most)
        if isinstance(error, ConnectError) and error.retry_after is not None:
            delay += error.retry_after
        elif isinstance(error, ConnectionClosed) and (after := _reported(error.reason)) is not None:
            delay = after if self._attempt == 1 else after + delay
        await asyncio.sleep(delay)

    async def _connect(self) -> tuple[Session, asyncio.Future[ConnectionClosed]]:
        options = self._options
        headers = options.headers
        if callable(headers):
            made = headers()
            headers = await made if inspect.isawaitable(made) else made
        loop = asyncio.get_running_loop()
        ended: asyncio.Future[ConnectionClosed] = loop.create_future()
        sessions: list[Session] = []
        bound = Connection()
        handler = options.make_handler(bound) if options.make_handler is not None else bound

        def prepare(socket: Socket) -> None:
            hooks = Hooks()
            session = Session(
                socket, options.routes, options.limits, self._declared, hooks, is_client=True, strict=options.strict
            )
            session.handler = handler
            bound._session = session
            sessions.append(session)
            hooks.on_missed = lambda count: self._missed(handler, count)
            if options.pipes is not None:
                routes = options.pipes
                hooks.on_pipe = lambda number, credit, told: _accept(session, routes, number, credit, told)

            def closed(code: int, reason: str) -> None:
                session.end(code, reason)
                ended_with = ConnectionClosed(code, reason)
                bound._end(ended_with)
                if not ended.done():
                    ended.set_result(ended_with)
                if socket.opened.done() and socket.opened.exception() is None:
                    _call_hook(loop, handler, "on_close", code, reason)

            socket.on_message = session.receive
            socket.on_closed = closed

        socket = await open_socket(options.url, headers or {}, options.ssl, options.limits, prepare)
        session = sessions[-1]
        try:
            await asyncio.wait_for(asyncio.shield(session.ready), options.limits.open_timeout)
        except asyncio.TimeoutError:
            socket.close(3003, "Invalid state")
            raise ConnectError(f"the server did not report its routes within {options.limits.open_timeout:g} s") from None
        except ConnectionClosed as error:
            # Whatever it broke is told by the close, which is to be over.
            await ended
            raise ConnectionClosed(error.code, error.reason) from None
        except asyncio.CancelledError:
            socket.abort(1006, "")
            raise
        bound._set_status("open")
        self._session = session
        self._tell("open", None)
        ready = getattr(handler, "on_ready", None)
        if ready is not None:
            session.spawn(_ready(session, ready))
        if self._kept:
            session.spawn(self._send_kept(session))
        return session, ended

    def _missed(self, handler: Any, count: int) -> None:
        hook = getattr(handler, "on_missed", None)
        if hook is not None:
            hook(count)
        if self._options.on_missed is not None:
            self._options.on_missed(count)


async def _ready(session: Session, hook: Callable[[], Any]) -> None:
    try:
        result = hook()
        if inspect.isawaitable(result):
            await result
    except (ConnectionClosed, asyncio.CancelledError):
        raise
    except Exception:
        log.exception("`on_ready` failed")
        session.channel.close(1011, "Internal error")


def _call_hook(loop: asyncio.AbstractEventLoop, handler: Any, name: str, *arguments: Any) -> None:
    hook = getattr(handler, name, None)
    if hook is None:
        return
    try:
        result = hook(*arguments)
        if inspect.iscoroutine(result):
            task = loop.create_task(result)
            _hooks.add(task)
            task.add_done_callback(_hooks.discard)
    except Exception:
        log.exception("`%s` failed", name)


_hooks: set[asyncio.Task[Any]] = set()


def _reported(reason: str) -> float | None:
    """The seconds after which a server that shuts down wants to see its clients again."""
    _, found, rest = reason.partition("retry in ")
    number, space, unit = rest.partition(" ")
    if not found or not number.isascii() or not number.isdigit() or unit != "ms" or len(number) > 12:
        return None
    return min(int(number) / 1000, _LONGEST_WAIT)


def _within(pipe: Pipe, outer: Session, routes: list[Route], *, is_client: bool) -> Connection:
    session = Session(pipe, routes, outer.limits, Declared(None), Hooks(), is_client=is_client, in_pipe=True)
    connection = Connection(session)
    session.handler = connection
    pipe.session = session

    def closed(code: int, reason: str) -> None:
        session.end(code, reason)
        connection._end(ConnectionClosed(code, reason))

    pipe.on_closed = closed
    return connection


def _accept(outer: Session, routes: Routes, number: int, credit: int, told: Any) -> Pipe:
    pipe = Pipe(outer, credit)
    pipe.number = number
    connection = _within(pipe, outer, routes.as_list(), is_client=False)
    session = pipe.session
    assert session is not None
    session.start()

    def ready() -> None:
        connection._set_status("open")
        if routes._on_open is not None:
            session.spawn(_opened(session, routes._on_open(told, connection)))

    session.hooks.on_ready = ready
    return pipe


async def _opened(session: Session, hook: Awaitable[None]) -> None:
    try:
        await hook
    except (HighwayError, asyncio.CancelledError):
        raise
    except Exception:
        log.exception("`on_open` of a pipe failed")
        session.channel.close(1011, "Internal error")
