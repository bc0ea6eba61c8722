"""Holds the package to a file of values, such as tests/conformance/values.jsonl, whose README says what its lines are."""

import json
import struct
import sys

from highway_ws.errors import DecodeError
from highway_ws.values import decode, encode


def in_hex(of):
    """Bytes in hex, or in parts of which each is repeated as often as it says."""
    if isinstance(of, str):
        return bytes.fromhex(of)
    parts = [(part, 1) if isinstance(part, str) else part for part in of]
    return b"".join(bytes.fromhex(part) * times for part, times in parts)


def value(of):
    if isinstance(of, bool):
        return of
    [(kind, of)] = of.items()
    if kind == "none":
        return None
    if kind == "int":
        return int(of)
    if kind == "float":
        return struct.unpack(">d", bytes.fromhex(of))[0]
    if kind == "str":
        return of
    if kind == "bytes":
        return in_hex(of)
    if kind == "list":
        return [value(item) for item in of]
    if kind == "tuple":
        return tuple(value(item) for item in of)
    if kind == "dict":
        return {value(key): value(item) for key, item in of}
    assert kind == "nested", kind
    nested = []
    for _ in range(of - 1):
        nested = [nested]
    return nested


def main(path):
    wrong, count, refused = [], 0, 0
    for line in open(path, encoding="utf-8"):
        row = json.loads(line)
        payload, code = in_hex(row["hex"]), row["code"]
        count += 1
        try:
            read = decode(code, payload, True)
        except DecodeError as error:
            refused += 1
            if not row.get("refused"):
                wrong.append(f"{row['name']}: {error}")
            continue
        if row.get("refused"):
            wrong.append(f"{row['name']}: read as {read!r}")
            continue
        expected = value(row["value"])
        # By its text, by which 1.0 is not 1 and the order of dicts counts.
        if repr(read) != repr(expected):
            wrong.append(f"{row['name']}: {read!r} in place of {expected!r}")
        written = encode(expected, True)
        if written[0] != code or row.get("written") and written[1] != payload:
            wrong.append(f"{row['name']}: written as {written[0]} {written[1].hex()}")
        if repr(decode(*written, True)) != repr(expected):
            wrong.append(f"{row['name']}: does not come back")
    assert count > 100 and refused > 40, (count, refused)
    print(f"{count} values, of which {refused} are refused")
    sys.exit("\n".join(wrong) or None)


if __name__ == "__main__":
    main(sys.argv[1])
