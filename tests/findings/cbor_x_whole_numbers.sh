#!/usr/bin/env bash
# cbor-x 1.6.9 (npm) writes whole numbers beyond 32 bits as floats.
#
# Usual belief: a CBOR library for JavaScript writes a whole `number` that is safe as an int, as cborg, cbor and cbor2 do, so that a reader in a
# language with ints gets one.
#
# Behaviour: from 2^32 on, and below -2^31, it is written as a float of 8 bytes, `Date.now()` too: a field that a peer declares as an int gets
# ints and floats by their size. A `bigint` is an int, in 8 bytes whatever it is.
#
# Needs Node 20 and npm. Output seen:
#
#   2^32 - 1: cbor-x 1affffffff, cborg 1affffffff
#   2^32: cbor-x fb41f0000000000000, cborg 1b0000000100000000
#   a time in ms: cbor-x fb427a221b6ba63000, cborg 1b000001a221b6ba63
#   5n: cbor-x 1b0000000000000005, cborg 05
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm install --silent --no-audit --no-fund --no-package-lock cbor-x@1.6.9 cborg@6.1.5

cat >numbers.mjs <<'JS'
import { encode } from "cbor-x";
import { encode as other } from "cborg";

const hex = (bytes) => Buffer.from(bytes).toString("hex");
for (const [name, number] of [
  ["2^32 - 1", 2 ** 32 - 1],
  ["2^32", 2 ** 32],
  ["a time in ms", 1795861953123],
  ["5n", 5n],
]) {
  console.log(`${name}: cbor-x ${hex(encode(number))}, cborg ${hex(other(number))}`);
}
JS

node numbers.mjs | tee seen
diff seen - <<'EXPECTED'
2^32 - 1: cbor-x 1affffffff, cborg 1affffffff
2^32: cbor-x fb41f0000000000000, cborg 1b0000000100000000
a time in ms: cbor-x fb427a221b6ba63000, cborg 1b000001a221b6ba63
5n: cbor-x 1b0000000000000005, cborg 05
EXPECTED
