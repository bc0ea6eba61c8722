"""Readers: what arrives, as the types of a description have it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from .errors import DecodeError

Type = Any
"""A type of a description: a str, or a dict with one key."""

Reader = Callable[[Any], Any]
"""Takes a value that arrived and gives it as its declared type; raises Misfit if it is none."""

INTS = {
    f"{sign}{bits}": (0 if sign == "u" else -(1 << bits - 1), (1 << bits) - 1 if sign == "u" else (1 << bits - 1) - 1)
    for bits in (8, 16, 32, 64, 128)
    for sign in "ui"
}
"""The least and the greatest int of each width."""

_PLAIN = {"none": type(None), "bool": bool, "str": str, "bytes": bytes, "int": int}


class Misfit(DecodeError):
    """A value is none of its declared type; `within` adds the way to it, from the inside out."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why
        self.place = ""

    def within(self, step: str) -> Misfit:
        self.place = step + self.place
        return self

    def __str__(self) -> str:
        return f"{self.why} at {self.place}" if self.place else self.why


class Readers:
    """Makes readers for types; those of named types are made when they are first used, as types may stand in themselves."""

    def __init__(self, types: Mapping[str, Any]) -> None:
        self._types = types
        self._named: dict[str, Reader] = {}

    def of(self, of: Type) -> Reader:
        """The reader of a type; it leaves alone what this version of the package does not know."""
        if isinstance(of, str):
            return _plain(of)
        if not isinstance(of, Mapping) or len(of) != 1:
            return _any
        [(kind, content)] = of.items()
        if kind == "option":
            return _option(self.of(content))
        if kind == "stream":
            return self.of(content)
        if kind == "list":
            return _list(self.of(content))
        if kind == "tuple":
            return _tuple([self.of(each) for each in content])
        if kind == "dict":
            return _dict(self.of(content[0]), self.of(content[1]))
        if kind == "type":
            return self._of_named(content)
        if kind == "struct":
            return self._struct(content["fields"])
        if kind == "enum":
            return self._enum(content["variants"])
        return _any

    def _of_named(self, name: str) -> Reader:
        named = self._types.get(name)
        if named is None:
            return _any

        def read(value: Any) -> Any:
            reader = self._named.get(name)
            if reader is None:
                reader = self._named[name] = self.of(named)
            return reader(value)

        return read

    def _struct(self, fields: list[Mapping[str, Any]]) -> Reader:
        readers = [(field["name"], self.of(field["type"]), field.get("required", True), _is_option(field["type"])) for field in fields]

        def read(value: Any) -> Any:
            if type(value) is not dict:
                raise _misfit("dict", value)
            result = {}
            for name, reader, required, is_option in readers:
                if name in value:
                    try:
                        result[name] = reader(value[name])
                    except Misfit as misfit:
                        raise misfit.within(f".{name}") from None
                elif required and is_option:
                    # Rust leaves out options that are none where it is told to, and reads them so.
                    result[name] = None
                elif required:
                    raise Misfit(f"the field {name!r} is missing")
            return result

        return read

    def _enum(self, variants: list[Mapping[str, Any]]) -> Reader:
        names = {each["name"] for each in variants if "type" not in each}
        readers = {each["name"]: self.of(each.get("type", "none")) for each in variants}

        def read(value: Any) -> Any:
            if type(value) is str and value in names:
                return value
            if type(value) is dict and len(value) == 1:
                [(name, content)] = value.items()
                reader = readers.get(name)
                if reader is not None:
                    try:
                        content = reader(content)
                    except Misfit as misfit:
                        raise misfit.within(f".{name}") from None
                    # Both mean a variant without content.
                    return name if name in names else {name: content}
            raise Misfit(f"{value!r:.60} is no variant")

        return read


def _is_option(of: Type) -> bool:
    return isinstance(of, Mapping) and "option" in of


def _any(value: Any) -> Any:
    return value


def _plain(of: str) -> Reader:
    kind, bounds = _PLAIN.get(of), INTS.get(of)

    def read(value: Any) -> Any:
        if type(value) is not kind:
            raise _misfit(of, value)
        return value

    def read_int(value: Any) -> Any:
        if type(value) is not int:
            raise _misfit(of, value)
        if not least <= value <= greatest:
            raise Misfit(f"an int that is no {of}")
        return value

    if bounds is not None:
        least, greatest = bounds
        return read_int
    if of == "float":
        return _float
    return read if kind is not None else _any


def _float(value: Any) -> Any:
    if type(value) is float:
        return value
    if type(value) is not int:
        raise _misfit("float", value)
    try:
        return float(value)
    except OverflowError:
        raise Misfit("an int that is no float") from None


def _option(reader: Reader) -> Reader:
    return lambda value: None if value is None else reader(value)


def _list(reader: Reader) -> Reader:
    def read(value: Any) -> Any:
        if type(value) is not list and type(value) is not tuple:
            raise _misfit("list", value)
        result: list[Any] = []
        try:
            for item in value:
                result.append(reader(item))
        except Misfit as misfit:
            raise misfit.within(f"[{len(result)}]") from None
        return result

    return read


def _tuple(readers: list[Reader]) -> Reader:
    def read(value: Any) -> Any:
        if type(value) is not tuple and type(value) is not list or len(value) != len(readers):
            raise _misfit(f"tuple of {len(readers)}", value)
        result: list[Any] = []
        try:
            for reader, item in zip(readers, value):
                result.append(reader(item))
        except Misfit as misfit:
            raise misfit.within(f"[{len(result)}]") from None
        return tuple(result)

    return read


def _dict(keys: Reader, values: Reader) -> Reader:
    def read(value: Any) -> Any:
        if type(value) is not dict:
            raise _misfit("dict", value)
        result = {}
        for key, item in value.items():
            try:
                result[keys(key)] = values(item)
            except Misfit as misfit:
                raise misfit.within(f"[{key!r:.60}]") from None
        return result

    return read


def _misfit(expected: str, value: Any) -> Misfit:
    return Misfit(f"a {type(value).__name__} in place of {expected}")
