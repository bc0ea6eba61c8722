#!/usr/bin/env bash
# cbor-x 1.6.9 (npm) writes a text with half of a surrogate pair as bytes that are no UTF-8, or not, by its length.
#
# Usual belief: what a JavaScript library writes as a CBOR text string is UTF-8, as RFC 8949 demands; a lone surrogate, such as is left where
# a text is cut within an emoji, comes out as U+FFFD, as with `TextEncoder` and `Buffer.from`.
#
# Behaviour: a text of less than 64 units is written unit by unit, and half a pair as three bytes (ED A0 BD), which strict readers refuse, with
# the whole message; cbor-x itself reads them, as U+FFFD. From 64 units on it is U+FFFD. `text.toWellFormed()` helps.
#
# Needs Node 20 and npm, and Python 3 with pip for another reader (cbor2 6.3.0). Output seen:
#
#   10 units: 61eda0bd, cbor2 for Python: refused
#   63 units: 61eda0bd, cbor2 for Python: refused
#   64 units: 61efbfbd, cbor2 for Python: read
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm install --silent --no-audit --no-fund --no-package-lock cbor-x@1.6.9
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check cbor2==6.3.0

cat >write.js <<'JS'
const { encode } = require("cbor-x");
for (const units of [10, 63, 64]) {
  const text = "a".repeat(units - 1) + "\u{1f600}"[0];
  const written = encode(text);
  console.log(`${units} ${written.toString("hex")}`);
}
JS
cat >read.py <<'PYTHON'
import sys

import cbor2

for line in sys.stdin:
    units, written = line.split()
    try:
        cbor2.loads(bytes.fromhex(written))
        other = "read"
    except cbor2.CBORDecodeError:
        other = "refused"
    print(f"{units} units: {written[-8:]}, cbor2 for Python: {other}")
PYTHON

node write.js | venv/bin/python read.py | tee seen
diff seen - <<'EXPECTED'
10 units: 61eda0bd, cbor2 for Python: refused
63 units: 61eda0bd, cbor2 for Python: refused
64 units: 61efbfbd, cbor2 for Python: read
EXPECTED
