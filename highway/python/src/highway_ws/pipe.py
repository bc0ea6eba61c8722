"""A pipe: messages in pieces within a conversation, in place of a WebSocket."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable

from . import wire
from .limits import CLOSE_TIMEOUT
from .session import Session
from .values import BYTES, NONE
from .wire import invalid_state


class Pipe:
    """One end of a pipe, as the channel of the session within it."""

    def __init__(self, outer: Session, credit: int | None) -> None:
        self._outer = outer
        self._credit = credit or 0
        self._is_piped = credit is not None
        self._granted = outer.limits.stream_window
        self._taken = 0
        self._parts: list[bytes] = []
        self._size = 0
        self._queue: deque[tuple[bytes, bool]] = deque()
        self._waiting = 0
        self._room = asyncio.Event()
        self._room.set()
        self._is_over = False
        self._paused = False
        self._closing: tuple[int, str] | None = None
        self._timer: asyncio.TimerHandle | None = None
        self.number = 0
        self.session: Session | None = None
        self.on_closed: Callable[[int, str], None] = lambda code, reason: None

    # --- Channel: what the session within uses ---

    @property
    def has_room(self) -> bool:
        return self._room.is_set() and self._outer.channel.has_room

    async def room(self) -> None:
        await self._room.wait()
        await self._outer.channel.room()

    def write(self, message: bytes) -> None:
        if self._is_over or self._closing is not None:
            return
        for start in range(0, len(message), wire.MAX_PIECE):
            piece = message[start : start + wire.MAX_PIECE]
            self._queue.append((piece, start + len(piece) == len(message)))
        self._waiting += len(message)
        self._send()
        if self._waiting >= self._outer.limits.outbox_bytes:
            self._room.clear()

    async def flush(self) -> None:
        while self._queue and not self._is_over:
            self._room.clear()
            await self._room.wait()
        await self._outer.channel.flush()

    def close(self, code: int, reason: str) -> None:
        """Ends the pipe behind all that was written, which has some time to find credit."""
        if self._is_over or self._closing is not None:
            return
        self._closing = (code, reason)
        # What still comes is ignored, and does not keep the other end from closing too.
        self.resume_reading()
        if self._queue and self._is_piped:
            self._timer = asyncio.get_running_loop().call_later(CLOSE_TIMEOUT, self._hang_up)
        else:
            self._hang_up()

    def pause_reading(self) -> None:
        self._paused = True

    def resume_reading(self) -> None:
        self._paused = False
        self._give_back()

    def _send(self) -> None:
        while self._queue and self._is_piped and self._credit > 0:
            piece, last = self._queue.popleft()
            self._waiting -= len(piece)
            self._credit -= 8 + len(piece)
            kind = wire.LAST_PIECE if last else wire.PIECE
            self._outer.channel.write(wire.with_id(BYTES, kind, 0, self.number, piece))
        if self._waiting * 2 < self._outer.limits.outbox_bytes or not self._queue:
            self._room.set()
        if self._closing is not None and not self._queue:
            self._hang_up()

    def _hang_up(self) -> None:
        if self._closing is not None and not self._is_over:
            self._outer.close_pipe(self.number, *self._closing)
            self._end(*self._closing)

    # --- PipeEnd: what arrives on the outer connection ---

    @property
    def is_piped(self) -> bool:
        return self._is_piped

    def piped(self, credit: int) -> None:
        self._is_piped = True
        self.grant(credit)
        answer = self._outer.pipe_answer(self.number)
        if not answer.done():
            answer.set_result((NONE, b""))

    def grant(self, credit: int) -> None:
        self._credit += credit
        if self._credit > wire.MAX_CREDIT:
            raise invalid_state()
        self._send()

    def piece(self, message: bytes, last: bool) -> None:
        if self._granted <= 0:
            raise invalid_state()
        self._granted -= len(message)
        self._taken += len(message)
        if self._closing is not None:
            self._give_back()
            return
        self._size += len(message) - 8
        if self._size > self._outer.limits.message_bytes:
            self.close(1009, f"message of more than {self._outer.limits.message_bytes} bytes")
            return
        self._parts.append(message[8:])
        if last and self.session is not None:
            whole, self._parts, self._size = b"".join(self._parts), [], 0
            self.session.receive(whole)
        self._give_back()

    def _give_back(self) -> None:
        if self._paused or self._is_over:
            return
        if self._taken * 2 >= self._outer.limits.stream_window or self._granted <= 0 < self._taken:
            credit, self._taken = self._taken, 0
            self._granted += credit
            self._outer.channel.write(wire.with_credit(NONE, wire.CREDIT, 0, self.number, credit))

    def hung_up(self, code: int, reason: str) -> None:
        self._end(code, reason)

    def _end(self, code: int, reason: str) -> None:
        if self._is_over:
            return
        self._is_over = True
        if self._timer is not None:
            self._timer.cancel()
        self._queue.clear()
        self._parts.clear()
        self._room.set()
        self.on_closed(code, reason)
