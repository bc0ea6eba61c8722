"""What both sides declare about their routes: the contract that is told, and its comparison with the peer's."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from . import values
from .readers import INTS, Reader, Readers, Type

_SECTION_BYTES = 32 * 1024
_PLAIN = frozenset(("none", "bool", "int", "float", "str", "bytes"))
_KNOWN = _PLAIN | {"list", "tuple", "dict", "option", "struct", "enum", "stream"}


class Declared:
    """The routes that a description declares, from this client's point of view."""

    def __init__(self, description: Mapping[str, Any] | None) -> None:
        self._types: Mapping[str, Any] = {}
        self._data: dict[str, Reader] = {}
        self._replies: dict[str, Reader] = {}
        self._errors: dict[str, Reader] = {}
        self.serves: dict[str, Any] = {}
        self.peer: dict[str, Any] = {}
        self._own: dict[str, Any] = {}
        if description is None:
            self.contract = b"\xa0"
            return
        if description.get("highway") != "description" or not isinstance(description.get("version"), int):
            raise ValueError("this is not a description; a program writes one with --describe")
        if description["version"] > 1:
            raise ValueError(f"the description has version {description['version']}, and this package reads version 1")
        self._types = description.get("types", {})
        is_server = description.get("role") == "server"
        self.serves = _by_name(description.get("peer" if is_server else "serves", ()))
        self.peer = _by_name(description.get("serves" if is_server else "peer", ()))
        self._own = {
            "serves": self._section(self.serves.values()),
            "peer": self._section(self.peer.values()),
        }
        readers = Readers(self._types)
        self._data = {name: readers.of(route.get("data", "none")) for name, route in self.serves.items()}
        self._replies = {name: readers.of(route["reply"]) for name, route in self.peer.items() if "reply" in route}
        self._errors = {name: readers.of(route["error"]) for name, route in self.peer.items() if "error" in route}
        told = {key: _bounded(section) for key, section in self._own.items() if section}
        self.contract = values.encode(told, True)[1]

    def _section(self, routes: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
        section = {}
        for route in routes:
            told = {"data": self._told(route.get("data", "none"), ())}
            told.update((key, self._told(route[key], ())) for key in ("reply", "error") if key in route)
            section[route["name"]] = told
        return section

    def _told(self, of: Type, within: tuple[str, ...]) -> Type:
        """A type of the description as the wire has it."""
        if isinstance(of, str):
            # The widths of ints are for this side.
            return "int" if of in INTS else of
        [(kind, content)] = of.items()
        if kind == "type":
            named = self._types.get(content)
            if named is None:
                return "any"
            [(_, definition)] = named.items()
            # Its name in the program, which is not to be told apart from others of the same name.
            name = definition.get("name", content)
            return {"ref": name} if content in within else self._told_named(named, name, (*within, content))
        if kind in ("struct", "enum"):
            return self._told_named(of, None, within)
        if kind in ("tuple", "dict"):
            return {kind: [self._told(each, within) for each in content]}
        return {kind: self._told(content, within)}

    def _told_named(self, named: Mapping[str, Any], name: str | None, within: tuple[str, ...]) -> Type:
        head = {} if name is None else {"name": name}
        if "struct" in named:
            fields = named["struct"]["fields"]
            told: dict[str, Any] = {**head, "fields": {field["name"]: self._told(field["type"], within) for field in fields}}
            optional = [field["name"] for field in fields if not field.get("required", True)]
            if optional:
                told["optional"] = optional
            return {"struct": told}
        variants = named["enum"]["variants"]
        return {"enum": {**head, "variants": {each["name"]: self._told(each.get("type", "none"), within) for each in variants}}}

    def differences(self, contract: Any) -> dict[tuple[str, str], str]:
        """Where the peer's contract differs: sentences by the part (`serves` or `peer`, as this side sees it) and the name of the route."""
        found: dict[tuple[str, str], str] = {}
        for own, theirs in (("peer", "serves"), ("serves", "peer")):
            section = contract.get(theirs)
            if not isinstance(section, dict):
                continue
            for name, mine in self._own.get(own, {}).items():
                told = section.get(name)
                if not isinstance(told, dict):
                    continue
                for part in ("data", "reply", "error"):
                    # What this side sends to a route of the peer is its data; what it gets back is the rest.
                    here, there = mine.get(part, "any"), told.get(part, "any")
                    sends = (own == "peer") == (part == "data")
                    why = _differs(here, there) if sends else _differs(there, here)
                    if why is not None:
                        found[own, name] = f"the {part} of route {name!r} differs{' at ' + why if why else ''}"
                        break
        return found

    def read_data(self, name: str, value: Any) -> Any:
        """What came to a served route, as its declared type; DecodeError if it is none."""
        reader = self._data.get(name)
        return value if reader is None else reader(value)

    def read_reply(self, name: str, value: Any) -> Any:
        """What a route of the peer returned, as its declared type; DecodeError if it is none."""
        reader = self._replies.get(name)
        return value if reader is None else reader(value)

    def read_error(self, name: str, value: Any) -> Any:
        """The error of a route of the peer, as its declared type; DecodeError if it is none."""
        reader = self._errors.get(name)
        return value if reader is None else reader(value)


def _by_name(routes: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    return {route["name"]: route for route in routes if route.get("declared", True)}


def _bounded(section: Mapping[str, Any]) -> dict[str, Any]:
    """The routes that fit the part of a contract that this side tells; the others are checked by their names only."""
    kept, taken = {}, 0
    for name, told in section.items():
        taken += len(values.encode({name: told}, True)[1])
        if taken > _SECTION_BYTES:
            break
        kept[name] = told
    return kept


# --- Whether what one side sends can be read by the other ---------------------------------------------------------------------------------


def _part(of: Type) -> tuple[str, Any]:
    if isinstance(of, str):
        return of, None
    if isinstance(of, dict) and len(of) == 1:
        [(kind, content)] = of.items()
        if _is_type(kind, content):
            return kind, content
    return "any", None


def _is_type(kind: Any, content: Any) -> bool:
    if kind in ("tuple", "dict"):
        return isinstance(content, list) and (kind == "tuple" or len(content) == 2)
    if kind == "struct":
        return isinstance(content, dict) and isinstance(content.get("fields"), dict)
    if kind == "enum":
        return isinstance(content, dict) and isinstance(content.get("variants"), dict)
    return kind in ("list", "option", "stream")


def _differs(sent: Type, read: Type) -> str | None:
    """The place of a difference, "" for the whole types; None where some value can be read."""
    (a, of), (b, to) = _part(sent), _part(read)
    if a not in _KNOWN or b not in _KNOWN:
        return None
    if a == "stream" or b == "stream":
        return _differs(of, to) if a == b else ""
    if b == "option":
        if a == "none":
            return None
        return _differs(of if a == "option" else sent, to)
    if a == "option":
        return None if b == "none" else _differs(of, read)
    if a in _PLAIN and b in _PLAIN:
        return None if a == b or (a, b) == ("int", "float") else ""
    if a in ("list", "tuple") and b in ("list", "tuple"):
        return _sequences(a, of, b, to)
    if a in ("dict", "struct") and b in ("dict", "struct"):
        return _mappings(a, of, b, to)
    if b == "enum":
        return _enums(of["variants"], to["variants"]) if a == "enum" else _as_enum(a, to["variants"])
    if a == "enum":
        return _as_enum(b, of["variants"])
    return ""


def _as_enum(other: str, variants: Mapping[str, Any]) -> str | None:
    if other == "str":
        return None if any(content == "none" for content in variants.values()) else ""
    return None if other in ("dict", "struct") else ""


def _sequences(a: str, of: Any, b: str, to: Any) -> str | None:
    if a == "list" and b == "list":
        pairs = [("[]", of, to)]
    elif a == "list":
        pairs = [(f"[{at}]", of, each) for at, each in enumerate(to)]
    elif b == "list":
        pairs = [(f"[{at}]", each, to) for at, each in enumerate(of)]
    elif len(of) == len(to):
        pairs = [(f"[{at}]", one, other) for at, (one, other) in enumerate(zip(of, to))]
    else:
        return ""
    return _first(pairs)


def _mappings(a: str, of: Any, b: str, to: Any) -> str | None:
    if a == "dict" and b == "dict":
        return _first([("[]", of[1], to[1])])
    if a == "dict":
        return _first([(f".{name}", of[1], each) for name, each in to["fields"].items() if name not in _optional(to)])
    if b == "dict":
        return _first([(f".{name}", each, to[1]) for name, each in of["fields"].items() if name not in _optional(of)])
    pairs = []
    for name, each in to["fields"].items():
        if name in of["fields"]:
            pairs.append((f".{name}", of["fields"][name], each))
        elif name not in _optional(to):
            return f".{name}"
    return _first(pairs)


def _optional(of: Mapping[str, Any]) -> list[Any]:
    optional = of.get("optional")
    return optional if isinstance(optional, list) else []


def _first(pairs: list[tuple[str, Any, Any]]) -> str | None:
    for step, sent, read in pairs:
        why = _differs(sent, read)
        if why is not None:
            return step + why
    return None


def _enums(sent: Mapping[str, Any], read: Mapping[str, Any]) -> str | None:
    if not sent:
        return None
    first: str | None = None
    for name, content in sent.items():
        if name not in read:
            continue
        why = _differs(content, read[name])
        if why is None:
            return None
        first = first if first is not None else f".{name}{why}"
    return first if first is not None else ""
