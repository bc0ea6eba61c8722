"""CBOR as the wire has it, without regard to speed: what cbor2 can't be told to write, or to refuse, is decided here."""

from __future__ import annotations

import math
import struct
from typing import Any

from .errors import DecodeError, EncodeError

DEPTH = 128
"""How deeply collections may be nested."""
DIGITS = 4300
"""How many decimal digits an int may have."""
INT_LIMIT = 10**DIGITS
_TUPLE_TAG = 61556
_TUPLE_HEAD = b"\xd9\xf0\x74"


def unsendable(value: Any) -> str:
    """Why a value of this type can't be sent."""
    kind = type(value)
    for base in (bool, int, float, str, bytes, list, dict, tuple):
        if isinstance(value, base):
            return f"a {kind.__qualname__} would arrive as a {base.__name__}; convert it with {base.__name__}(…)"
    if isinstance(value, (bytearray, memoryview)):
        return f"a {kind.__qualname__} would arrive as bytes; convert it with bytes(…)"
    return f"the wire has no type for a {kind.__module__}.{kind.__qualname__}"


def check_text(text: str, place: str) -> None:
    """Raises for text that is not UTF-8."""
    try:
        text.encode()
    except UnicodeEncodeError:
        raise EncodeError("the text has an unpaired surrogate", place) from None


def decimal(value: int, place: str) -> str:
    """An int's digits."""
    if not -INT_LIMIT < value < INT_LIMIT:
        raise EncodeError("an int of more than 4,300 digits", place)
    return str(value)


def encode(value: Any) -> bytes:
    """A list, dict or tuple as a whole payload."""
    out = bytearray()
    if type(value) is tuple:
        _head(out, 4, len(value))
        for at, item in enumerate(value):
            _write(out, item, f"[{at}]", DEPTH - 1)
    else:
        _write(out, value, "", DEPTH)
    return bytes(out)


def _head(out: bytearray, major: int, number: int) -> None:
    major <<= 5
    if number < 24:
        out.append(major | number)
    elif number < 1 << 8:
        out += bytes((major | 24, number))
    elif number < 1 << 16:
        out += struct.pack(">BH", major | 25, number)
    elif number < 1 << 32:
        out += struct.pack(">BI", major | 26, number)
    else:
        out += struct.pack(">BQ", major | 27, number)


def _write(out: bytearray, value: Any, place: str, depth: int) -> None:
    kind = type(value)
    if kind is str:
        check_text(value, place)
        text = value.encode()
        _head(out, 3, len(text))
        out += text
    elif kind is int:
        _write_int(out, value, place)
    elif kind is float:
        out.append(0xFB)
        out += struct.pack(">d", value)
    elif value is None:
        out.append(0xF6)
    elif kind is bool:
        out.append(0xF5 if value else 0xF4)
    elif kind is bytes:
        _head(out, 2, len(value))
        out += value
    elif kind is list or kind is tuple or kind is dict:
        if depth == 0:
            raise EncodeError(f"it is nested more than {DEPTH} deep", place)
        if kind is dict:
            _write_dict(out, value, place, depth)
            return
        if kind is tuple:
            out += _TUPLE_HEAD
        _head(out, 4, len(value))
        for at, item in enumerate(value):
            _write(out, item, f"{place}[{at}]", depth - 1)
    else:
        raise EncodeError(unsendable(value), place)


def _write_int(out: bytearray, value: int, place: str) -> None:
    major, number = (0, value) if value >= 0 else (1, -1 - value)
    if number < 1 << 64:
        _head(out, major, number)
        return
    if not -INT_LIMIT < value < INT_LIMIT:
        raise EncodeError("an int of more than 4,300 digits", place)
    digits = number.to_bytes((number.bit_length() + 7) // 8, "big")
    out.append(0xC2 + major)
    _head(out, 2, len(digits))
    out += digits


def _write_dict(out: bytearray, value: dict[Any, Any], place: str, depth: int) -> None:
    _head(out, 5, len(value))
    kinds: set[type] = set()
    for key, item in value.items():
        kind = type(key)
        if kind is not str and kind is not int:
            raise EncodeError(f"the key {key!r} is neither a str nor an int", place)
        kinds.add(kind)
        if len(kinds) > 1:
            raise EncodeError("a dict's keys have to be all str, or all int", place)
        _write(out, key, place, depth)
        _write(out, item, f"{place}.{key}" if kind is str else f"{place}[{key}]", depth - 1)


def decode(code: int, payload: bytes) -> Any:
    """The list (code 4), dict (5) or tuple (6) that is the whole payload."""
    reader = _Reader(payload)
    try:
        value = reader.item(DEPTH)
    except IndexError:
        raise DecodeError("the payload ends within an item") from None
    if reader.at != len(payload):
        raise DecodeError("bytes behind the item")
    if code == 6 and type(value) is list:
        return tuple(value)
    if type(value) is not {4: list, 5: dict, 6: tuple}[code]:
        raise DecodeError("an item of another type than the type code says")
    return value


class _Break:
    """The end of an indefinite length."""


_BREAK = _Break()


class _Reader:
    __slots__ = ("data", "at", "announced")

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.at = 0
        self.announced = 0

    def item(self, depth: int, breaks: bool = False) -> Any:
        first = self.data[self.at]
        self.at += 1
        major, low = first >> 5, first & 31
        if major == 7:
            return self.simple(low, breaks)
        if major == 6:
            return self.tagged(low, depth)
        if low == 31:
            if major < 2:
                raise DecodeError("a reserved first byte")
            if major < 4:
                return self.chunks(major)
            if depth == 0:
                raise DecodeError(f"nested more than {DEPTH} deep")
            return self.array(None, depth - 1) if major == 4 else self.map(None, depth - 1)
        number = self.number(low)
        if major == 0:
            return number
        if major == 1:
            return -1 - number
        if major == 2:
            return self.take(number)
        if major == 3:
            return self.text(number)
        if depth == 0:
            raise DecodeError(f"nested more than {DEPTH} deep")
        self.announced += number if major == 4 else 2 * number
        if self.announced > len(self.data):
            raise DecodeError("lengths that announce more than follows")
        return self.array(number, depth - 1) if major == 4 else self.map(number, depth - 1)

    def number(self, low: int) -> int:
        if low < 24:
            return low
        if low > 27:
            raise DecodeError("a reserved first byte")
        return int.from_bytes(self.take(1 << (low - 24)), "big")

    def take(self, count: int) -> bytes:
        end = self.at + count
        if end > len(self.data):
            raise DecodeError("lengths that announce more than follows")
        taken = self.data[self.at : end]
        self.at = end
        return taken

    def text(self, count: int) -> str:
        try:
            return self.take(count).decode()
        except UnicodeDecodeError:
            raise DecodeError("text that is not UTF-8") from None

    def chunks(self, major: int) -> Any:
        parts: list[Any] = []
        while True:
            first = self.data[self.at]
            self.at += 1
            if first == 0xFF:
                return b"".join(parts) if major == 2 else "".join(parts)
            if first >> 5 != major or first & 31 == 31:
                raise DecodeError("a part of another type in a string of indefinite length")
            count = self.number(first & 31)
            parts.append(self.take(count) if major == 2 else self.text(count))

    def array(self, count: int | None, depth: int) -> list[Any]:
        items: list[Any] = []
        if count is not None:
            for _ in range(count):
                items.append(self.item(depth))
            return items
        while (item := self.item(depth, True)) is not _BREAK:
            items.append(item)
        return items

    def map(self, count: int | None, depth: int) -> dict[Any, Any]:
        entries: dict[Any, Any] = {}
        kind: type | None = None
        while count is None or count > 0:
            key = self.item(depth, count is None)
            if key is _BREAK:
                break
            if type(key) is not kind:
                if kind is not None or type(key) not in (str, int):
                    raise DecodeError("a dict's keys have to be all text, or all ints")
                kind = type(key)
            entries[key] = self.item(depth)
            if count is not None:
                count -= 1
        return entries

    def tagged(self, low: int, depth: int) -> Any:
        tag = self.number(low)
        first = self.data[self.at]
        if tag == _TUPLE_TAG:
            if first >> 5 != 4:
                raise DecodeError("the tag of a tuple before another item than an array")
            return tuple(self.item(depth))
        if tag not in (2, 3):
            raise DecodeError(f"the tag {tag}")
        if first >> 5 != 2:
            raise DecodeError("the tag of a bignum before another item than bytes")
        number = int.from_bytes(self.item(depth), "big")
        value = number if tag == 2 else -1 - number
        if not -INT_LIMIT < value < INT_LIMIT:
            raise DecodeError("an int of more than 4,300 digits")
        return value

    def simple(self, low: int, breaks: bool) -> Any:
        if low == 20:
            return False
        if low == 21:
            return True
        if low in (22, 23):
            return None
        if low == 25:
            return struct.unpack(">e", self.take(2))[0]
        if low == 26:
            return _single(self.take(4))
        if low == 27:
            return struct.unpack(">d", self.take(8))[0]
        if low == 31 and breaks:
            return _BREAK
        raise DecodeError("a simple value or a break that has no meaning here")


def _single(taken: bytes) -> float:
    value: float = struct.unpack(">f", taken)[0]
    return math.nan if value != value else value
