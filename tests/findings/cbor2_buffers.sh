#!/usr/bin/env bash
# cbor2 2.3.0 (npm) does not write the bytes that it has read from a message of ws.
#
# Usual belief: what a CBOR library has decoded it encodes again to the same bytes, and a `Buffer` is a `Uint8Array`, so it goes as a byte string.
#
# Behaviour: the byte strings in a payload are read as parts of it, of the payload's own class. ws hands messages over as `Buffer`s, so bytes
# in them are `Buffer`s, too; and a `Buffer`, which has a `toJSON`, is written as the map {"type": "Buffer", "data": [1, 2]}, without an error. Read
# from a `Uint8Array` the same payload comes out as it went in.
#
# Needs Node 20 and npm. Output seen:
#
#   from a Uint8Array: 81420102 is written as 81420102
#   from a Buffer: 81420102 is written as 81a26474797065664275666665726464617461820102
#   Buffer is a Uint8Array: true
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm install --silent --no-audit --no-fund --no-package-lock cbor2@2.3.0

cat >again.mjs <<'JS'
import { decode, encode } from "cbor2";

const hex = (bytes) => Buffer.from(bytes).toString("hex");
const payload = Buffer.from("81420102", "hex");
for (const of of [new Uint8Array(payload), payload]) {
  console.log(`from a ${of.constructor.name}: ${hex(of)} is written as ${hex(encode(decode(of)))}`);
}
console.log(`Buffer is a Uint8Array: ${payload instanceof Uint8Array}`);
JS

node again.mjs | tee seen
diff seen - <<'EXPECTED'
from a Uint8Array: 81420102 is written as 81420102
from a Buffer: 81420102 is written as 81a26474797065664275666665726464617461820102
Buffer is a Uint8Array: true
EXPECTED
