"""Reads payloads, lines of a type code and hex, and says of each what it means: the value written again, `refused`, or `NaN` if it has one."""

import struct
import sys

from highway_ws.errors import DecodeError
from highway_ws.values import decode, encode


def has_nan(value):
    if isinstance(value, (list, tuple)):
        return any(map(has_nan, value))
    if isinstance(value, dict):
        return any(map(has_nan, value.values()))
    return value != value


for line in sys.stdin:
    code, _, text = line.rstrip("\n").partition(" ")
    try:
        value = decode(int(code), bytes.fromhex(text), True)
    except DecodeError:
        print("refused")
    else:
        if has_nan(value):
            print("NaN")
        elif type(value) is float:
            # Its shortest text has several forms.
            print(struct.pack(">d", value).hex())
        else:
            print(encode(value, True)[1].hex())
