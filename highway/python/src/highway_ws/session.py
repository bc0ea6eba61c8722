"""One connection, or one pipe: both sides' routes and the conversations over it."""

from __future__ import annotations

import asyncio
import inspect
import logging
from collections import deque
from collections.abc import AsyncIterator, Callable, Coroutine
from typing import Any, Protocol

from . import values, wire
from .contract import Declared
from .errors import CallError, CallTimeout, ConnectionClosed, DecodeError, EncodeError, Failure
from .limits import CLOSE_TIMEOUT, Limits
from .routes import Route
from .stream import Items, Stream
from .wire import Violation, invalid_state

log = logging.getLogger("highway_ws")

_KINDS = frozenset(("refused", "convert", "shape", "internal", "busy", "cancelled", "pipe"))


class Channel(Protocol):
    """What messages go through: a WebSocket or a pipe."""

    @property
    def has_room(self) -> bool: ...
    async def room(self) -> None: ...
    def write(self, message: bytes) -> None: ...
    async def flush(self) -> None: ...
    def close(self, code: int, reason: str) -> None: ...
    def pause_reading(self) -> None: ...
    def resume_reading(self) -> None: ...


class PipeEnd(Protocol):
    """What a pipe's messages go to."""

    def piped(self, credit: int) -> None: ...
    def piece(self, message: bytes, last: bool) -> None: ...
    def grant(self, credit: int) -> None: ...
    def hung_up(self, code: int, reason: str) -> None: ...
    @property
    def is_piped(self) -> bool: ...


class Conversation:
    """A call, a stream or a pipe that is open."""

    __slots__ = ("number", "is_own", "kind", "route", "answer", "items", "items_over", "credit", "waiter", "task", "pipe", "source_error")

    def __init__(self, number: int, is_own: bool, kind: int, route: str) -> None:
        self.number = number
        self.is_own = is_own
        self.kind = kind
        self.route = route
        self.answer: asyncio.Future[tuple[int, bytes]] | None = None
        self.items: Items | None = None
        self.items_over = False
        self.credit = 0
        self.waiter: asyncio.Future[None] | None = None
        self.task: asyncio.Task[None] | None = None
        self.pipe: PipeEnd | None = None
        self.source_error: BaseException | None = None

    def grant(self, credit: int) -> None:
        self.credit += credit
        if self.credit > wire.MAX_CREDIT:
            raise invalid_state()
        if self.credit > 0 and self.waiter is not None and not self.waiter.done():
            self.waiter.set_result(None)


class Hooks:
    """What a session tells its owner; each does nothing by default."""

    on_ready: Callable[[], None]
    on_missed: Callable[[int], None]
    on_pipe: Callable[[int, int, Any], PipeEnd | None] | None

    def __init__(self) -> None:
        self.on_ready = lambda: None
        self.on_missed = lambda count: None
        self.on_pipe = None


class Session:
    """The state of a connection; what arrives goes into `receive`, what is sent goes to the channel."""

    def __init__(
        self,
        channel: Channel,
        routes: list[Route],
        limits: Limits,
        declared: Declared,
        hooks: Hooks,
        *,
        is_client: bool,
        in_pipe: bool = False,
        strict: bool = False,
    ) -> None:
        self.channel = channel
        self.limits = limits
        self.declared = declared
        self.hooks = hooks
        self.is_client = is_client
        self.in_pipe = in_pipe
        self.strict = strict
        self.extended = False
        self.handler: Any = None
        self.peer_routes: dict[str, int] = {}
        self.ready: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.ended: ConnectionClosed | None = None
        self._loop = asyncio.get_running_loop()
        self._names = [route.name for route in routes]
        self._routes = dict(enumerate(routes, 1))
        self._has_table = False
        self._has_contract = False
        self._differences: dict[tuple[str, str], str] = {}
        self._open: dict[int, Conversation] = {}
        self._next = 1 if is_client else 2
        self._own_open = 0
        self._peer_streams = 0
        self._waiting: deque[tuple[int, Callable[[], Coroutine[Any, Any, None] | None]]] = deque()
        self._waiting_bytes = 0
        self._is_paused = False
        self._sent = 0
        self._running: set[asyncio.Task[None]] = set()
        self._tasks: set[asyncio.Task[Any]] = set()

    # --- The beginning and the end ---

    def start(self) -> None:
        if not self.is_client:
            self.channel.write(wire.table(self._names, wire.META, True))

    def end(self, code: int, reason: str) -> None:
        """The channel is over: everything open ends with it."""
        if self.ended is not None:
            return
        closed = self.ended = ConnectionClosed(code, reason)
        current = _current_task()
        for conversation in list(self._open.values()):
            if conversation.pipe is not None:
                conversation.pipe.hung_up(1006, "")
            self._over(conversation, ConnectionClosed(code, reason))
            if conversation.task is not None and conversation.task is not current:
                conversation.task.cancel()
        for task in list(self._tasks):
            if task is not current:
                task.cancel()
        # Messages that arrived before the end are still for their routes.
        if self._running or self._waiting:
            self._loop.call_later(CLOSE_TIMEOUT, self._drop_messages)
        if not self.ready.done():
            self.ready.set_exception(closed)
            self.ready.exception()

    def _drop_messages(self) -> None:
        self._waiting.clear()
        for task in list(self._running):
            task.cancel()

    def fail(self, violation: Violation) -> None:
        log.warning("the peer broke the protocol: closing with %s %s", violation.code, violation.reason)
        self.channel.close(violation.code, violation.reason)

    # --- What arrives ---

    def receive(self, message: bytes) -> None:
        if self.ended is not None:
            return
        try:
            self._receive(message)
        except Violation as violation:
            self.fail(violation)

    def _receive(self, message: bytes) -> None:
        code, kind, route = wire.header(message, self.extended)
        if kind == wire.MESSAGE and route == wire.META:
            self._table(code, message)
            return
        if not self._has_table:
            raise invalid_state()
        if self.extended and not self._has_contract and kind != wire.CONTRACT:
            raise invalid_state()
        if kind == wire.REPLY:
            self._reply(code, message)
        elif kind == wire.MESSAGE:
            served = self._routes.get(route)
            if served is None:
                raise wire.no_route()
            self._message(served, code, message)
        elif kind == wire.ITEM:
            self._item(code, message)
        elif kind == wire.CALL or kind == wire.STREAM:
            self._opened(code, kind, route, message)
        elif kind == wire.CONTRACT:
            self._contract(message)
        elif kind == wire.MISSED:
            if not self.is_client:
                raise invalid_state()
            self.hooks.on_missed(int.from_bytes(message[4:12], "little"))
        elif kind == wire.PIPE:
            self._pipe_asked(code, message)
        else:
            self._of_open(kind, message)

    def _table(self, code: int, message: bytes) -> None:
        payload = message[4:]
        is_first = not self._has_table
        if is_first and code == 1 and payload.startswith(b'{"routes"'):
            log.error("the server speaks dialect 0.1, which this client does not")
        if code not in values.COLLECTIONS or len(payload) > self.limits.peer_contract_bytes:
            raise wire.invalid_routes()
        self.peer_routes = wire.read_table(payload, self.limits.peer_routes)
        self._has_table = True
        if is_first:
            announced = self.peer_routes.get(wire.EXTENSION) == wire.EXTENSION_ID
            self.extended = announced and len(self._names) < wire.EXTENSION_ID
        self.peer_routes.pop(wire.EXTENSION, None)
        if self.is_client:
            meta = self.peer_routes.get("meta")
            if meta is None or meta > 0xFFFF:
                raise wire.invalid_routes()
            self.channel.write(wire.table(self._names, meta, True))
        if is_first and self.extended:
            self.channel.write(wire.contract(self.declared.contract))
        if is_first and not self.extended:
            self._become_ready()

    def _contract(self, message: bytes) -> None:
        if self._has_contract:
            raise invalid_state()
        if len(message) - 4 > self.limits.peer_contract_bytes:
            raise Violation(1009, f"contract of {len(message) - 4} bytes, and the client takes {self.limits.peer_contract_bytes} at most")
        try:
            contract = values.decode(values.DICT, message[4:], True)
        except DecodeError:
            raise wire.not_converted() from None
        self._has_contract = True
        self._differences = self.declared.differences(contract)
        if self.strict and self._differences:
            raise Violation(3004, next(iter(self._differences.values())))
        for why in self._differences.values():
            log.warning("%s; the route is not used", why)
        self._become_ready()

    def _become_ready(self) -> None:
        missing = [name for name in self.declared.peer if name not in self.peer_routes]
        if missing and self.strict:
            raise Violation(3004, f"the peer does not serve {missing[0]!r}")
        for name in missing:
            log.warning("the peer does not serve the declared route %r", name)
        if not self.ready.done():
            self.ready.set_result(None)
            self.hooks.on_ready()

    def _message(self, served: Route, code: int, message: bytes) -> None:
        payload = message[4:]
        if served.takes_stream or served.streams:
            log.warning("a message came for the route %r, which is a stream", served.name)
            return
        try:
            data = values.decode(code, payload, self.extended)
            data = self.declared.read_data(served.name, data)
        except DecodeError:
            raise wire.not_converted() from None
        self._enqueue(len(payload), lambda: self._run_message(served, data))

    def _enqueue(self, size: int, start: Callable[[], Coroutine[Any, Any, None] | None]) -> None:
        """Starts a route in its turn."""
        if not self._waiting and len(self._running) < self.limits.concurrent_routes:
            self._begin(start)
            return
        self._waiting.append((size, start))
        self._waiting_bytes += size
        if len(self._waiting) >= self.limits.queue_messages or self._waiting_bytes >= self.limits.queue_bytes:
            self._is_paused = True
            self.channel.pause_reading()

    def _begin(self, start: Callable[[], Coroutine[Any, Any, None] | None]) -> None:
        coroutine = start()
        if coroutine is not None:
            task = self._loop.create_task(coroutine)
            self._running.add(task)
            task.add_done_callback(self._has_run)

    def _has_run(self, task: asyncio.Task[None]) -> None:
        self._running.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("a route's task failed", exc_info=error)
        while self._waiting and len(self._running) < self.limits.concurrent_routes:
            size, start = self._waiting.popleft()
            self._waiting_bytes -= size
            self._begin(start)
        if self._is_paused and len(self._waiting) * 2 < self.limits.queue_messages and self._waiting_bytes * 2 < self.limits.queue_bytes:
            self._is_paused = False
            self.channel.resume_reading()

    async def _run_message(self, served: Route, data: Any) -> None:
        try:
            result = served.function(data, self.handler)
            if inspect.isawaitable(result):
                await result
        except ConnectionClosed:
            if self.ended is None:
                raise
        except Exception:
            log.exception("the route %r failed", served.name)
            if not self.extended:
                # The only way to tell such a peer.
                self.channel.close(1011, "Internal error")

    # --- Conversations of the peer ---

    def _opened(self, code: int, kind: int, route: int, message: bytes) -> None:
        served = self._routes.get(route)
        if served is None:
            raise wire.no_route()
        number = wire.id_of(message)
        self._check_new(number)
        conversation = Conversation(number, False, kind, served.name)
        is_stream = kind == wire.STREAM
        payload = message[12:] if is_stream else message[8:]
        if is_stream:
            conversation.grant(wire.credit_of(message))
            if self._peer_streams >= self.limits.streams:
                self._answer_failure(number, "busy", "too many streams are open")
                return
        if served.streams != is_stream:
            what = "returns a stream" if served.streams else "returns a value"
            self._answer_failure(number, "shape", f"the route {what}")
            return
        if served.takes_stream != (code == values.STREAM):
            what = "takes a stream" if served.takes_stream else "takes no stream"
            self._answer_failure(number, "shape", f"the route {what}")
            return
        data: Any
        if served.takes_stream:
            conversation.items, data = self._incoming(conversation)
        else:
            try:
                data = self.declared.read_data(served.name, values.decode(code, payload, self.extended))
            except DecodeError as error:
                self._answer_failure(number, "convert", str(error))
                return
        self._open[number] = conversation
        if is_stream:
            self._peer_streams += 1
            # A stream may take as long as it likes, and has a limit of its own.
            conversation.task = self.spawn(self._run_stream(conversation, served, data))
        else:
            self._enqueue(len(payload), lambda: self._begin_call(conversation, served, data))

    def _check_new(self, number: int) -> None:
        if number % 2 == (1 if self.is_client else 0) or number in self._open:
            raise invalid_state()

    def _incoming(self, conversation: Conversation) -> tuple[Items, Stream[Any]]:
        number = conversation.number

        def grant(credit: int) -> None:
            if self._open.get(number) is conversation:
                self.channel.write(wire.with_credit(values.NONE, wire.CREDIT, 0, number, credit))

        def cancel() -> None:
            if self._open.get(number) is conversation:
                self.channel.write(wire.with_id(values.NONE, wire.CANCEL, 0, number))

        def read(code: int, payload: bytes) -> Any:
            return self.declared.read_data(conversation.route, values.decode(code, payload, self.extended))

        items = Items(self.limits.stream_window, read, grant)
        self.channel.write(wire.with_credit(values.NONE, wire.CREDIT, 0, number, self.limits.stream_window))
        return items, Stream(items, cancel)

    def _begin_call(self, conversation: Conversation, served: Route, data: Any) -> Coroutine[Any, Any, None] | None:
        if self._open.get(conversation.number) is not conversation:
            return None
        return self._run_call(conversation, served, data)

    async def _run_call(self, conversation: Conversation, served: Route, data: Any) -> None:
        number = conversation.number
        conversation.task = asyncio.current_task()
        if self._open.get(number) is not conversation:
            return
        try:
            result = served.function(data, self.handler)
            if inspect.isawaitable(result):
                result = await result
            code, payload = values.encode(result, self.extended)
            if not self.channel.has_room:
                await self.channel.room()
        except asyncio.CancelledError:
            self._fail(conversation, "cancelled", "the route was dropped")
            raise
        except Exception as error:
            self._failed(conversation, error)
            return
        if self._open.get(number) is conversation:
            self._over(conversation)
            self.channel.write(wire.with_id(code, wire.REPLY, 0, number, payload))

    async def _run_stream(self, conversation: Conversation, served: Route, data: Any) -> None:
        source: Any = None
        try:
            source = served.function(data, self.handler)
            if inspect.isawaitable(source):
                source = await source
            await self._send_items(conversation, source)
        except asyncio.CancelledError:
            self._fail(conversation, "cancelled", "the route was dropped")
            raise
        except Exception as error:
            self._failed(conversation, error)
        else:
            if self._open.get(conversation.number) is conversation:
                self._over(conversation)
                self.channel.write(wire.with_id(values.NONE, wire.END, 0, conversation.number))
        finally:
            if hasattr(source, "aclose"):
                await source.aclose()

    def _failed(self, conversation: Conversation, error: Exception) -> None:
        if isinstance(error, Failure):
            self._fail(conversation, "refused", error.message, error)
        elif isinstance(error, DecodeError):
            self._fail(conversation, "convert", str(error))
        elif isinstance(error, ConnectionClosed) and self.ended is not None:
            pass
        else:
            log.error("the route %r failed", conversation.route, exc_info=error)
            self._fail(conversation, "internal", "the route failed")

    def _fail(self, conversation: Conversation, kind: str, message: str, failure: Failure | None = None) -> None:
        if self._open.get(conversation.number) is conversation:
            self._over(conversation)
            self._answer_failure(conversation.number, kind, message, failure)

    def _answer_failure(self, number: int, kind: str, message: str, failure: Failure | None = None) -> None:
        told: dict[str, Any] = {"error": kind, "message": message}
        if failure is not None:
            if failure.code is not None:
                told["code"] = failure.code
            if failure.data is not None:
                told["data"] = failure.data
            if failure.declared:
                told["declared"] = True
        try:
            payload = values.encode(told, True)[1]
        except EncodeError as error:
            log.error("a failure can't be sent as it is: %s", error)
            payload = values.encode({"error": "internal", "message": "the failure can't be encoded"}, True)[1]
        self.channel.write(wire.with_id(values.DICT, wire.FAILURE, 0, number, payload))

    async def _send_items(self, conversation: Conversation, source: AsyncIterator[Any]) -> None:
        """Sends what an async iterator yields, within the credit."""
        number = conversation.number
        async for value in source:
            code, payload = values.encode(value, self.extended, conversation.route)
            while conversation.credit <= 0:
                conversation.waiter = self._loop.create_future()
                try:
                    await conversation.waiter
                finally:
                    conversation.waiter = None
            if not self.channel.has_room:
                await self.channel.room()
            if self._open.get(number) is not conversation:
                return
            conversation.credit -= 8 + len(payload)
            self.channel.write(wire.with_id(code, wire.ITEM, 0, number, payload))
            await self._breathe()

    # --- What arrives for open conversations ---

    def _reply(self, code: int, message: bytes) -> None:
        number = wire.id_of(message)
        conversation = self._open.get(number)
        if conversation is None:
            return
        if not conversation.is_own or conversation.kind != wire.CALL:
            raise invalid_state()
        answer = conversation.answer
        self._over(conversation)
        if answer is not None and not answer.done():
            answer.set_result((code, message[8:]))

    def _item(self, code: int, message: bytes) -> None:
        conversation = self._open.get(wire.id_of(message))
        if conversation is None:
            return
        items = conversation.items
        if items is None or conversation.items_over:
            raise invalid_state()
        if not items.put(len(message), code, message[8:]):
            raise invalid_state()

    def _of_open(self, kind: int, message: bytes) -> None:
        if kind == wire.HANG_UP and len(message) - 10 > wire.MAX_REASON:
            raise invalid_state()
        conversation = self._open.get(wire.id_of(message))
        if conversation is None:
            return
        if kind == wire.FAILURE:
            self._failure(conversation, message)
        elif kind == wire.CREDIT:
            if conversation.pipe is not None:
                conversation.pipe.grant(wire.credit_of(message))
            else:
                conversation.grant(wire.credit_of(message))
        elif kind == wire.CANCEL:
            self._cancelled(conversation)
        elif kind == wire.END:
            self._ended(conversation)
        elif conversation.pipe is None:
            raise invalid_state()
        elif kind == wire.PIPED:
            if not conversation.is_own or conversation.pipe.is_piped:
                raise invalid_state()
            conversation.pipe.piped(wire.credit_of(message))
        elif kind == wire.HANG_UP:
            code = int.from_bytes(message[8:10], "little")
            pipe = conversation.pipe
            self._over(conversation)
            pipe.hung_up(code, message[10:].decode(errors="replace"))
        else:
            if not conversation.pipe.is_piped or len(message) - 8 > wire.MAX_PIECE:
                raise invalid_state()
            conversation.pipe.piece(message, kind == wire.LAST_PIECE)

    def _failure(self, conversation: Conversation, message: bytes) -> None:
        if not conversation.is_own:
            self._source_ended(conversation, self._error_of(conversation.route, message))
            return
        if conversation.pipe is not None and conversation.pipe.is_piped:
            raise invalid_state()
        error = self._error_of(conversation.route, message)
        error.__cause__ = conversation.source_error
        pipe = conversation.pipe
        self._over(conversation, error)
        if pipe is not None:
            pipe.hung_up(1006, "")

    def _error_of(self, route: str, message: bytes) -> CallError:
        try:
            told = values.decode(values.DICT, message[8:], True)
        except DecodeError as error:
            return CallError(route, "reply", f"the failure can't be read: {error}")
        kind, text, code, data = told.get("error"), told.get("message"), told.get("code"), told.get("data")
        declared = told.get("declared") is True
        if declared:
            try:
                data = self.declared.read_error(route, data)
            except DecodeError as error:
                return CallError(route, "reply", f"the declared error can't be read: {error}", data=data)
        return CallError(
            route,
            kind if isinstance(kind, str) and kind in _KINDS else "internal",
            text if isinstance(text, str) else "",
            code=code if isinstance(code, str) else "",
            data=data,
            declared=declared,
        )

    def _source_ended(self, conversation: Conversation, error: CallError | None) -> None:
        """The peer's items for a route that takes a stream are over."""
        if conversation.pipe is not None or conversation.items is None or conversation.items_over:
            raise invalid_state()
        conversation.items_over = True
        conversation.items.end(error)

    def _ended(self, conversation: Conversation) -> None:
        if not conversation.is_own:
            self._source_ended(conversation, None)
        elif conversation.kind == wire.STREAM:
            self._over(conversation)
        else:
            raise invalid_state()

    def _cancelled(self, conversation: Conversation) -> None:
        if conversation.pipe is not None:
            raise invalid_state()
        if conversation.is_own:
            # The callee takes no more of the items.
            if conversation.task is not None:
                conversation.task.cancel()
            return
        self._over(conversation)
        if conversation.task is not None:
            conversation.task.cancel()

    def _over(self, conversation: Conversation, error: BaseException | None = None) -> None:
        """The conversation has ended: who waits for it is told."""
        if self._open.get(conversation.number) is conversation:
            del self._open[conversation.number]
            if conversation.is_own:
                self._own_open -= 1
            elif conversation.kind != wire.CALL:
                self._peer_streams -= 1
        if conversation.answer is not None and error is not None and not conversation.answer.done():
            conversation.answer.set_exception(error)
            conversation.answer.exception()
        if conversation.items is not None:
            if error is None and not conversation.is_own:
                error = CallError(conversation.route, "cancelled", "the call that these items are the data of is over")
            conversation.items.end(error)
        if conversation.task is not None and conversation.is_own:
            conversation.task.cancel()

    # --- Pipes ---

    def _pipe_asked(self, code: int, message: bytes) -> None:
        if self.in_pipe or not self.is_client:
            raise invalid_state()
        number = wire.id_of(message)
        self._check_new(number)
        credit = wire.credit_of(message)
        if credit > wire.MAX_CREDIT:
            raise invalid_state()
        if self._peer_streams >= self.limits.streams:
            self._answer_failure(number, "busy", "too many pipes are open")
            return
        try:
            told = values.decode(code, message[12:], self.extended)
        except DecodeError as error:
            self._answer_failure(number, "convert", str(error))
            return
        if self.hooks.on_pipe is None:
            self._answer_failure(number, "pipe", "this client accepts no pipes")
            return
        conversation = Conversation(number, False, wire.PIPE, "pipe")
        self._open[number] = conversation
        self._peer_streams += 1
        self.channel.write(wire.with_credit(values.NONE, wire.PIPED, 0, number, self.limits.stream_window))
        conversation.pipe = self.hooks.on_pipe(number, credit, told)

    def open_pipe(self, pipe: PipeEnd, to: int) -> int:
        """Asks for a pipe to a connection; returns its id."""
        self.check_extension("pipe")
        conversation = self._new(wire.PIPE, "pipe")
        conversation.pipe = pipe
        code, payload = values.encode(to, True)
        self.channel.write(wire.with_credit(code, wire.PIPE, 0, conversation.number, self.limits.stream_window, payload))
        conversation.answer = self._loop.create_future()
        return conversation.number

    def pipe_answer(self, number: int) -> asyncio.Future[tuple[int, bytes]]:
        answer = self._open[number].answer
        assert answer is not None
        return answer

    def close_pipe(self, number: int, code: int, reason: str) -> None:
        conversation = self._open.get(number)
        if conversation is not None:
            self._over(conversation)
            text = reason.encode()[: wire.MAX_REASON].decode(errors="ignore").encode()
            self.channel.write(wire.with_id(values.NONE, wire.HANG_UP, 0, number, code.to_bytes(2, "little") + text))

    # --- What the program asks for ---

    def route_of(self, name: str, kind: str) -> int:
        number = self.peer_routes.get(name)
        if number is None or number > 0xFFFF or name == "meta":
            raise CallError(name, "no-route", "the peer has no such route")
        why = self._differences.get(("peer", name))
        if why is not None:
            raise CallError(name, "contract", why)
        return number

    def check_extension(self, name: str) -> None:
        if not self.extended:
            raise CallError(name, "unsupported", "the peer has no calls, streams and pipes")

    def check_open(self) -> None:
        if self.ended is not None:
            raise ConnectionClosed(self.ended.code, self.ended.reason)

    async def send(self, name: str, data: Any) -> None:
        self.check_open()
        route = self.route_of(name, "send")
        code, payload = values.encode(data, self.extended, name)
        if not self.channel.has_room:
            await self.channel.room()
            self.check_open()
        self.channel.write(wire.message(code, route, payload))
        await self._breathe()

    async def _breathe(self) -> None:
        """Lets other tasks run now and then: sending does not wait while there is room."""
        self._sent += 1
        if self._sent % 128 == 0:
            await asyncio.sleep(0)

    def _new(self, kind: int, route: str) -> Conversation:
        if self._own_open >= self.limits.calls:
            raise CallError(route, "busy", f"{self._own_open} calls, streams and pipes are open, which is the limit")
        while self._next in self._open:
            self._advance()
        number = self._next
        self._advance()
        conversation = self._open[number] = Conversation(number, True, kind, route)
        self._own_open += 1
        return conversation

    def _advance(self) -> None:
        self._next += 2
        if self._next > 0xFFFFFFFF:
            self._next = 1 if self.is_client else 2

    async def call(self, name: str, data: Any, timeout: float | None) -> Any:
        self.check_open()
        route = self.route_of(name, "call")
        self.check_extension(name)
        source = _source_of(data)
        code, payload = (values.STREAM, b"") if source is not None else values.encode(data, True, name)
        if not self.channel.has_room:
            try:
                await asyncio.wait_for(self.channel.room(), timeout)
            except asyncio.TimeoutError:
                raise CallTimeout(name, timeout or 0) from None
            self.check_open()
        conversation = self._new(wire.CALL, name)
        answer = conversation.answer = self._loop.create_future()
        number = conversation.number
        self.channel.write(wire.with_id(code, wire.CALL, route, number, payload))
        if source is not None:
            conversation.task = self.spawn(self._send_source(conversation, source))
        timer = None
        if timeout is not None:
            timer = self._loop.call_later(timeout, self._expire, conversation, timeout)
        try:
            code, payload = await answer
        except BaseException as error:
            if answer.cancelled() or isinstance(error, asyncio.CancelledError):
                self._abandon(conversation)
            raise
        finally:
            if timer is not None:
                timer.cancel()
        try:
            return self.declared.read_reply(name, values.decode(code, payload, True))
        except DecodeError as error:
            raise CallError(name, "reply", f"the reply can't be read: {error}") from error

    def _expire(self, conversation: Conversation, seconds: float) -> None:
        if self._open.get(conversation.number) is conversation:
            self._over(conversation, CallTimeout(conversation.route, seconds))
            self.channel.write(wire.with_id(values.NONE, wire.CANCEL, 0, conversation.number))

    def _abandon(self, conversation: Conversation) -> None:
        """This side no longer wants the answer or the items."""
        if self._open.get(conversation.number) is conversation:
            self._over(conversation)
            self.channel.write(wire.with_id(values.NONE, wire.CANCEL, 0, conversation.number))

    def stream(self, name: str, data: Any) -> Stream[Any]:
        self.check_open()
        route = self.route_of(name, "stream")
        self.check_extension(name)
        source = _source_of(data)
        code, payload = (values.STREAM, b"") if source is not None else values.encode(data, True, name)
        conversation = self._new(wire.STREAM, name)
        number = conversation.number

        def grant(credit: int) -> None:
            if self._open.get(number) is conversation:
                self.channel.write(wire.with_credit(values.NONE, wire.CREDIT, 0, number, credit))

        def read(code: int, payload: bytes) -> Any:
            try:
                return self.declared.read_reply(name, values.decode(code, payload, True))
            except DecodeError as error:
                self._abandon(conversation)
                raise CallError(name, "reply", f"an item can't be read: {error}") from error

        items = conversation.items = Items(self.limits.stream_window, read, grant)
        window = self.limits.stream_window
        self.channel.write(wire.with_credit(code, wire.STREAM, route, number, window, payload))
        if source is not None:
            conversation.task = self.spawn(self._send_source(conversation, source))
        return Stream(items, lambda: self._abandon(conversation))

    async def _send_source(self, conversation: Conversation, source: AsyncIterator[Any]) -> None:
        number = conversation.number
        try:
            await self._send_items(conversation, source)
            if self._open.get(number) is conversation:
                self.channel.write(wire.with_id(values.NONE, wire.END, 0, number))
        except asyncio.CancelledError:
            raise
        except Exception as error:
            conversation.source_error = error
            if self._open.get(number) is conversation:
                failure = error if isinstance(error, Failure) else None
                self._answer_failure(number, "refused", str(error), failure)
        finally:
            close = getattr(source, "aclose", None)
            if close is not None:
                await close()

    def spawn(self, coroutine: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = self._loop.create_task(coroutine)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task


def _source_of(data: Any) -> AsyncIterator[Any] | None:
    """The data as a stream, if it is one."""
    source: Callable[[], AsyncIterator[Any]] | None = getattr(data, "__aiter__", None)
    return None if source is None else source()


def _current_task() -> asyncio.Task[Any] | None:
    try:
        return asyncio.current_task()
    except RuntimeError:
        return None
