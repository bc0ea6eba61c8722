"""The messages of the wire: headers, kinds and their fields."""

from __future__ import annotations

import json
import re
import struct

from .errors import HighwayError
from .values import BYTES, DICT, NONE

MESSAGE, CALL, REPLY, FAILURE, CANCEL, STREAM, ITEM, END, CREDIT, PIPE, PIPED, PIECE, LAST_PIECE, HANG_UP, CONTRACT, MISSED = range(16)

META = 0
EXTENSION_ID = 65535
EXTENSION = "highway/1"
MAX_CREDIT = 0x7FFFFFFF
MAX_PIECE = 65536
MAX_REASON = 123

_VALUES = frozenset(range(9))
_WITH_STREAM = frozenset(range(10))
_NONE, _DICT, _BYTES = frozenset((NONE,)), frozenset((DICT,)), frozenset((BYTES,))
# Of each kind, the type codes that it has and the bytes of its fields.
_FORM: tuple[tuple[frozenset[int], int], ...] = (
    (_VALUES, 0),
    (_WITH_STREAM, 4),
    (_VALUES, 4),
    (_DICT, 4),
    (_NONE, 4),
    (_WITH_STREAM, 8),
    (_VALUES, 4),
    (_NONE, 4),
    (_NONE, 8),
    (_VALUES, 8),
    (_NONE, 8),
    (_BYTES, 4),
    (_BYTES, 4),
    (_NONE, 6),
    (_DICT, 0),
    (_NONE, 8),
)

_HEADER = struct.Struct("<BBH")
_WITH_ID = struct.Struct("<BBHI")
_WITH_CREDIT = struct.Struct("<BBHII")
_ID = struct.Struct("<I")


class Violation(HighwayError):
    """What the peer has done ends its connection with this code and reason."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason


def malformed() -> Violation:
    return Violation(3001, "Malformed header")


def no_route() -> Violation:
    return Violation(3002, "Route does not exist")


def invalid_state() -> Violation:
    return Violation(3003, "Invalid state")


def not_converted() -> Violation:
    return Violation(1003, "Convert failed")


def invalid_routes() -> Violation:
    return Violation(1000, "Invalid exchange routes")


def header(message: bytes, extended: bool) -> tuple[int, int, int]:
    """The type code, the kind and the route of a message, whose fields are there."""
    if len(message) < 4:
        raise malformed()
    code, kind, route = _HEADER.unpack_from(message)
    if not extended:
        kind = MESSAGE
    if kind > MISSED:
        raise malformed()
    codes, fields = _FORM[kind]
    if code not in codes or len(message) < 4 + fields:
        raise malformed()
    return code, kind, route


def id_of(message: bytes) -> int:
    number: int = _ID.unpack_from(message, 4)[0]
    return number


def credit_of(message: bytes) -> int:
    number: int = _ID.unpack_from(message, 8)[0]
    return number


def message(code: int, route: int, payload: bytes) -> bytes:
    return _HEADER.pack(code, MESSAGE, route) + payload


def contract(payload: bytes) -> bytes:
    return _HEADER.pack(DICT, CONTRACT, 0) + payload


def with_id(code: int, kind: int, route: int, number: int, payload: bytes = b"") -> bytes:
    return _WITH_ID.pack(code, kind, route, number) + payload


def with_credit(code: int, kind: int, route: int, number: int, credit: int, payload: bytes = b"") -> bytes:
    return _WITH_CREDIT.pack(code, kind, route, number, credit) + payload


def table(names: list[str], meta: int, extended: bool) -> bytes:
    """A side's route table: its names have the ids from 1 on."""
    entries = {"0": "meta"}
    entries.update((str(number), name) for number, name in enumerate(names, 1))
    if extended and len(names) < EXTENSION_ID:
        entries[str(EXTENSION_ID)] = EXTENSION
    return _HEADER.pack(DICT, MESSAGE, meta) + json.dumps(entries, separators=(",", ":")).encode()


_KEY = re.compile(r"\d+")


def read_table(payload: bytes, most: int) -> dict[str, int]:
    """The ids of the peer's routes by their names."""
    try:
        entries = json.loads(payload)
    except (ValueError, RecursionError):
        raise invalid_routes() from None
    if type(entries) is not dict or len(entries) > most:
        raise invalid_routes()
    ids: dict[str, int] = {}
    for key, name in entries.items():
        if type(name) is not str or len(key) > 20 or not _KEY.fullmatch(key):
            raise invalid_routes()
        ids[name] = int(key)
    return ids
