"""Streams: items that arrive as the program takes them."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterable
from typing import Any, Generic, Protocol, TypeVar

from .errors import DecodeError

T = TypeVar("T")


class Items:
    """The items of one conversation that were received, and the credit that was granted for more."""

    __slots__ = ("_queue", "_credit", "_taken", "_window", "_waiter", "_error", "_ended", "_grant", "_read")

    def __init__(self, window: int, read: Callable[[int, bytes], Any], grant: Callable[[int], None]) -> None:
        self._queue: deque[tuple[int, int, bytes]] = deque()
        self._window = window
        self._credit = window
        self._taken = 0
        self._waiter: asyncio.Future[None] | None = None
        self._error: BaseException | None = None
        self._ended = False
        self._read = read
        self._grant = grant

    def put(self, cost: int, code: int, payload: bytes) -> bool:
        """Keeps an item; false if there was no credit for it."""
        if self._credit <= 0:
            return False
        self._credit -= cost
        if not self._ended:
            self._queue.append((cost, code, payload))
            self._wake()
        return True

    def end(self, error: BaseException | None = None) -> None:
        if not self._ended:
            self._ended = True
            self._error = error
            self._wake()

    def drop(self) -> None:
        """Nobody takes what is there and comes."""
        self._ended = True
        self._error = None
        self._queue.clear()
        self._wake()

    @property
    def ended(self) -> bool:
        return self._ended

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    async def take(self) -> Any:
        while not self._queue:
            if self._ended:
                error, self._error = self._error, None
                raise error if error is not None else StopAsyncIteration
            if self._waiter is not None:
                raise RuntimeError("a stream's next item is awaited in two places at once")
            self._waiter = asyncio.get_running_loop().create_future()
            try:
                await self._waiter
            finally:
                self._waiter = None
        cost, code, payload = self._queue.popleft()
        self._taken += cost
        # Less often than for each item, and before the sender has to wait.
        if not self._ended and (self._taken * 2 >= self._window or self._credit <= 0):
            self._credit += self._taken
            granted, self._taken = self._taken, 0
            self._grant(granted)
        return self._read(code, payload)


class Stream(Generic[T]):
    """Items from the peer, to be read with `async for`.

    Leaving the loop, `aclose` and dropping the stream all cancel it at the peer. The peer sends no more than fits the window until items are
    taken.
    """

    def __init__(self, items: Items, cancel: Callable[[], None]) -> None:
        self._items = items
        self._cancel = cancel
        self._loop = asyncio.get_running_loop()

    def __aiter__(self) -> AsyncIterator[T]:
        return _Reading(self)

    async def __anext__(self) -> T:
        try:
            item: T = await self._items.take()
            return item
        except DecodeError:
            self._leave()
            raise

    async def aclose(self) -> None:
        """Cancels the stream at the peer, if it has not ended."""
        self._leave()

    async def __aenter__(self) -> Stream[T]:
        return self

    async def __aexit__(self, *_: object) -> None:
        self._leave()

    def _leave(self) -> None:
        if not self._items.ended:
            self._cancel()
        self._items.drop()

    def _left(self) -> None:
        """The same, from wherever the garbage collector runs."""
        if self._items.ended or self._loop.is_closed():
            return
        try:
            here: asyncio.AbstractEventLoop | None = asyncio.get_running_loop()
        except RuntimeError:
            here = None
        if here is self._loop:
            self._leave()
        else:
            self._loop.call_soon_threadsafe(_drop, self._items, self._cancel)

    def __del__(self) -> None:
        if hasattr(self, "_loop"):
            self._left()


def _drop(items: Items, cancel: Callable[[], None]) -> None:
    if not items.ended:
        cancel()
        items.drop()


class _Reading(Generic[T]):
    """A loop over a stream: when it is left, the stream is."""

    def __init__(self, stream: Stream[T]) -> None:
        self._stream = stream

    def __aiter__(self) -> _Reading[T]:
        return self

    async def __anext__(self) -> T:
        try:
            return await self._stream.__anext__()
        except asyncio.CancelledError:
            # It leaves the loop; the traceback keeps this object for an unknown time.
            self._stream._leave()
            raise

    async def aclose(self) -> None:
        await self._stream.aclose()

    def __del__(self) -> None:
        self._stream._left()


class AsyncItems(Protocol):
    """What can be sent as a stream."""

    def __aiter__(self) -> AsyncIterator[Any]: ...


async def items(values: Iterable[T]) -> AsyncIterator[T]:
    """Sends what an ordinary iterable yields as a stream: `connection.call("total", items([1, 2, 3]))`."""
    for value in values:
        yield value
