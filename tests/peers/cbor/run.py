"""As run.mjs, for a codec in Python: python run.py CODEC.py"""

import importlib.util
import json
import struct
import sys


def value(of, bytes_type):
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
        return bytes_type(bytes.fromhex(of))
    if kind == "list":
        return [value(item, bytes_type) for item in of]
    if kind == "tuple":
        return tuple(value(item, bytes_type) for item in of)
    assert kind == "dict", kind
    return {value(key, bytes_type): value(item, bytes_type) for key, item in of}


def shown(of):
    """A value as it stands in JSON."""
    if of is None:
        return {"none": None}
    if isinstance(of, bool):
        return of
    kind = type(of)
    if kind is int:
        return {"int": str(of)}
    if kind is float:
        return {"float": struct.pack(">d", of).hex()}
    if kind is str:
        return {"str": of}
    if kind is bytes:
        return {"bytes": of.hex()}
    if kind is list:
        return {"list": [shown(item) for item in of]}
    if kind is tuple:
        return {"tuple": [shown(item) for item in of]}
    if kind is dict:
        return {"dict": [[shown(key), shown(item)] for key, item in of.items()]}
    raise TypeError(f"this is no value: {of!r}")


def attempt(make):
    try:
        return make()
    except Exception as error:
        return {"error": repr(error)}


spec = importlib.util.spec_from_file_location("codec", sys.argv[1])
codec = importlib.util.module_from_spec(spec)
spec.loader.exec_module(codec)
sys.set_int_max_str_digits(0)
for line in sys.stdin.buffer:
    row = json.loads(line)
    typed = tuple if row["code"] == 6 else lambda read: read
    answer = {
        "read": attempt(lambda: shown(typed(codec.read(bytes.fromhex(row["hex"]))))),
        "written": [attempt(lambda: codec.write(value(row["value"], of)).hex()) for of in (bytes, bytearray, memoryview)],
    }
    print(json.dumps(answer))
