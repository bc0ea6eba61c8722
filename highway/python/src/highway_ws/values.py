"""Values as payloads: text and numbers by themselves, collections in CBOR (between peers with the extension) or in JSON (dialect 0.2).

cbor2 does the work where its result is known to be right. Its settings can't make it refuse all that the wire refuses (simple values, texts of
indefinite length, keys of other types, bytes behind the item), so everything else is left to `cbor.py`, which decides and words the errors.
"""

from __future__ import annotations

import io
import json
import math
import re
from typing import Any

import cbor2

from . import cbor
from .cbor import DEPTH, DIGITS, INT_LIMIT
from .errors import DecodeError, EncodeError

STR, INT, FLOAT, BOOL, LIST, DICT, TUPLE, BYTES, NONE, STREAM = range(10)
CODES = {str: STR, int: INT, float: FLOAT, bool: BOOL, list: LIST, dict: DICT, tuple: TUPLE, bytes: BYTES, type(None): NONE}
COLLECTIONS = {LIST: list, DICT: dict, TUPLE: tuple}
# What cbor2 writes as the wire has it, whatever the value. A float is when it is finite, a str when it has no surrogates.
_PLAIN = frozenset((str, int, bool, bytes, type(None)))
_READ = frozenset((str, int, float, bool, bytes, type(None)))


def encode(value: Any, extended: bool, route: str | None = None) -> tuple[int, bytes]:
    """The type code and the payload of a value."""
    kind = type(value)
    code = CODES.get(kind)
    try:
        if code == STR:
            return STR, value.encode()
        if code == INT:
            return INT, cbor.decimal(value, "").encode()
        if code is None:
            raise EncodeError(cbor.unsendable(value), "")
        if code in COLLECTIONS:
            return code, _encode_cbor(value) if extended else _encode_json(value)
        if code == FLOAT:
            return FLOAT, _float_text(value).encode()
        if code == BOOL:
            return BOOL, b"1" if value else b"0"
        return code, value if code == BYTES else b""
    except UnicodeEncodeError:
        raise EncodeError("the text has an unpaired surrogate", "", route) from None
    except EncodeError as error:
        if route is None:
            raise
        raise EncodeError(error.why, error.place, route) from None


def decode(code: int, payload: bytes, extended: bool) -> Any:
    """The value of a payload; DecodeError if it is invalid for its type."""
    if code == STR:
        try:
            return payload.decode()
        except UnicodeDecodeError as error:
            raise DecodeError(f"text that is not UTF-8: {error}") from None
    if code in COLLECTIONS:
        return _decode_cbor(code, payload) if extended else _decode_json(code, payload)
    if code == INT:
        return _read_int(_text(payload))
    if code == BYTES:
        return payload
    if code == NONE:
        return None
    if code == BOOL:
        return _read_int(_text(payload)) != 0
    return _read_float(_text(payload))


def _float_text(value: float) -> str:
    if math.isfinite(value):
        return repr(value)
    if value != value:
        return "NaN"
    return "Infinity" if value > 0 else "-Infinity"


def _text(payload: bytes) -> str:
    try:
        return payload.decode()
    except UnicodeDecodeError:
        raise DecodeError("a number that is not text") from None


# Single ones between digits, as Python has them in numbers.
_UNDERSCORE = re.compile(r"(?<=[0-9])_(?=[0-9])")
_WITH_EXPONENT = re.compile(r"([+-]?)([0-9]+)(?:\.([0-9]*))?[eE]([+-]?[0-9]{1,5})")


def _read_int(text: str) -> int:
    # `int` and `float` leave the blanks from U+001C to U+001F where all of the text is ASCII.
    text = text.strip()
    try:
        if len(text) <= DIGITS:
            return int(text)
        return _long_int(text)
    except ValueError:
        pass
    # What highway.js writes for 1e21 and more.
    match = _WITH_EXPONENT.fullmatch(_UNDERSCORE.sub("", text))
    if match is None:
        raise DecodeError("not an int")
    sign, whole, fraction, exponent = match.group(1), match.group(2), match.group(3) or "", int(match.group(4))
    digits = (whole + fraction).lstrip("0")
    shift = exponent - len(fraction)
    if not digits:
        return 0
    if shift < 0:
        kept, cut = (digits[:shift], digits[shift:]) if -shift < len(digits) else ("", digits)
        if cut.strip("0"):
            raise DecodeError("not a whole number")
        digits, shift = kept or "0", 0
    if len(digits) + shift > DIGITS:
        raise DecodeError("an int of more than 4,300 digits")
    value: int = int(digits) * 10**shift
    return -value if sign == "-" else value


def _long_int(text: str) -> int:
    """An int whose text is longer than its digits may be: blanks, a sign, zeros in front."""
    match = re.fullmatch(r"\s*([+-]?)((?:\d_?)*\d)\s*", text)
    if match is None:
        raise ValueError("not an int")
    digits = match.group(2).replace("_", "")
    start = 0
    while start < len(digits) - 1 and int(digits[start]) == 0:
        start += 1
    if len(digits) - start > DIGITS:
        raise DecodeError("an int of more than 4,300 digits")
    value = int(digits[start:])
    return -value if match.group(1) == "-" else value


def _read_float(text: str) -> float:
    try:
        value = float(text.strip())
    except ValueError:
        raise DecodeError("not a float") from None
    if math.isinf(value) and "n" not in text and "N" not in text:
        raise DecodeError("a float beyond the largest")
    return value


# --- CBOR -----------------------------------------------------------------------------------------------------------------------------


def _encode_cbor(value: Any) -> bytes:
    if _is_plain(value, DEPTH):
        try:
            return cbor2.dumps(value)
        except (cbor2.CBOREncodeError, UnicodeEncodeError):
            pass  # The encoder below says why.
    return cbor.encode(value)


def _is_plain(value: Any, depth: int) -> bool:
    """Whether cbor2 writes this collection as the wire has it."""
    if depth == 0:
        return False
    if type(value) is dict:
        # A dict whose keys are all str, or all int; cbor2 takes any.
        if value:
            keys = set(map(type, value))
            if keys != {str} and keys != {int}:
                return False
            if keys == {int} and not all(-INT_LIMIT < key < INT_LIMIT for key in value):
                return False
        values = value.values()
    else:
        values = value
    for kind in set(map(type, values)) - _PLAIN:
        if kind is float:
            if not all(math.isfinite(item) for item in values if type(item) is float):
                return False
        elif kind is list or kind is dict:
            if not all(_is_plain(item, depth - 1) for item in values if type(item) is kind):
                return False
        else:
            return False
    return all(-INT_LIMIT < item < INT_LIMIT for item in values if type(item) is int)


def _refuse(_value: Any, _immutable: bool) -> Any:
    raise ValueError("a tag")


def _refuse_tag(_tag: Any, _immutable: bool) -> Any:
    raise ValueError("a tag")


# A tag that cbor2 knows, now or in a later version, would change what is below it.
_NO_TAGS = dict.fromkeys(range(1 << 10), _refuse) | {55799: _refuse, 43000: _refuse}


def _decode_cbor(code: int, payload: bytes) -> Any:
    source = io.BytesIO(payload)
    try:
        value = cbor2.CBORDecoder(
            source,
            tag_hook=_refuse_tag,
            semantic_decoders=_NO_TAGS,
            max_depth=DEPTH,
            allow_indefinite=False,
            allow_duplicate_keys=False,
        ).decode()
    except (cbor2.CBORError, ValueError, OverflowError, RecursionError):
        return cbor.decode(code, payload)
    kind = list if code != DICT else dict
    if type(value) is not kind or source.tell() != len(payload) or not _is_read(value, DEPTH):
        return cbor.decode(code, payload)
    return tuple(value) if code == TUPLE else value


def _is_read(value: Any, depth: int) -> bool:
    """Whether what cbor2 has read has only types of the wire, no deeper than it may be."""
    if depth == 0:
        return False
    if type(value) is dict:
        if value:
            keys = set(map(type, value))
            if keys != {str} and keys != {int}:
                return False
        values = value.values()
    else:
        values = value
    for kind in set(map(type, values)) - _READ:
        if kind is not list and kind is not dict:
            return False
        if not all(_is_read(item, depth - 1) for item in values if type(item) is kind):
            return False
    return True


# --- JSON -----------------------------------------------------------------------------------------------------------------------------

_LOWEST, _HIGHEST = -(1 << 63), (1 << 64) - 1


def _encode_json(value: Any) -> bytes:
    _check_json(value, "", DEPTH)
    return json.dumps(value, separators=(",", ":"), allow_nan=False, ensure_ascii=False).encode()


def _check_json(value: Any, place: str, depth: int) -> None:
    kind = type(value)
    if kind is str:
        cbor.check_text(value, place)
    elif kind is int:
        if not _LOWEST <= value <= _HIGHEST:
            raise EncodeError("an int of more than 64 bits, which a peer without the extension reads as another number", place)
    elif kind is float:
        if not math.isfinite(value):
            raise EncodeError("JSON has no NaN and no infinities, and the peer has no extension", place)
    elif kind is list or kind is tuple or kind is dict:
        if depth == 0:
            raise EncodeError(f"it is nested more than {DEPTH} deep", place)
        if kind is dict:
            for key, item in value.items():
                if type(key) is not str:
                    raise EncodeError(f"a key is {key!r}, and a peer without the extension has only text as keys", place)
                cbor.check_text(key, place)
                _check_json(item, f"{place}.{key}", depth - 1)
        else:
            for at, item in enumerate(value):
                _check_json(item, f"{place}[{at}]", depth - 1)
    elif kind is bytes:
        raise EncodeError("JSON has no bytes, and the peer has no extension", place)
    elif kind is not bool and value is not None:
        raise EncodeError(cbor.unsendable(value), place)


def _json_int(text: str) -> int | float:
    if len(text) <= 20:
        value = int(text)
        if _LOWEST <= value <= _HIGHEST:
            return value
    return _json_float(text)


def _json_float(text: str) -> float:
    value = float(text)
    if math.isinf(value):
        raise DecodeError("a number beyond the largest float")
    return value


def _json_word(word: str) -> Any:
    raise DecodeError(f"{word} in JSON")


_SURROGATE = re.compile("[\ud800-\udfff]")
_JSON = json.JSONDecoder(parse_int=_json_int, parse_float=_json_float, parse_constant=_json_word)


def _decode_json(code: int, payload: bytes) -> Any:
    try:
        text = payload.decode().strip(" \t\r\n")
        value = _JSON.decode(text)
    except (ValueError, RecursionError) as error:
        raise DecodeError(f"invalid JSON: {error}") from None
    value = _of_json(value, DEPTH, "\\u" in text)
    return tuple(value) if code == TUPLE and type(value) is list else value


def _of_json(value: Any, depth: int, escaped: bool) -> Any:
    """The value with U+FFFD for unpaired surrogates, which JSON can escape, no deeper than it may be."""
    kind = type(value)
    if kind is str:
        return _SURROGATE.sub("\ufffd", value) if escaped else value
    if kind is list or kind is dict:
        if depth == 0:
            raise DecodeError(f"nested more than {DEPTH} deep")
        if kind is list:
            return [_of_json(item, depth - 1, escaped) for item in value]
        return {_of_json(key, depth, escaped): _of_json(item, depth - 1, escaped) for key, item in value.items()}
    return value
