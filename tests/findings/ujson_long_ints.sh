#!/bin/sh
# ujson 1.35 (PyPI), the JSON reader and writer of highway.py 0.2, on CPython 3.6 to 3.11.
#
# Belief: a JSON library that keeps ints in 64 bits refuses longer ones, or makes floats of them; and what it writes, it reads.
# Seen:   of ints of 20 digits 59 of 100 are read as other numbers without an error, as the check for overflow looks at the result
#         after it has wrapped around; -2**64 is read as 0. Writing them is refused. The largest float is written with its digits
#         rounded up, and that text is beyond all floats: ujson reads it as infinite, which it refuses to write.
#
# Sends nothing anywhere; installs ujson into a temporary folder. Exits with 1 when ujson behaves otherwise.
set -eu

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet ujson==1.35

"$folder/venv/bin/python" - <<'END'
import random
import sys

import ujson

random.seed(1)
tries = 20000
wrong = refused = 0
for _ in range(tries):
    number = random.randrange(10**19, 10**20)
    try:
        wrong += ujson.loads("[%d]" % number) != [number]
    except ValueError:
        refused += 1
print("ints of 20 digits: %.1f %% read as another number, %.1f %% refused" % (100 * wrong / tries, 100 * refused / tries))

power = ujson.loads("[%d]" % -(2**64))
print("-2**64 is read as", power[0])

try:
    written = ujson.dumps([2**64])
except OverflowError as error:
    written = error
print("2**64 is written as", repr(written))

largest = ujson.dumps([sys.float_info.max])
print("the largest float is written as", largest, "and read as", ujson.loads(largest))

as_expected = (
    0.55 < wrong / tries < 0.63
    and power == [0]
    and isinstance(written, OverflowError)
    and ujson.loads(largest) == [float("inf")]
)
sys.exit(0 if as_expected else 1)
END
