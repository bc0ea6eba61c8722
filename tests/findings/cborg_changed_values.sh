#!/bin/sh
# cborg 6.1.5 (npm), a strict CBOR codec in JavaScript, on Node 20.
#
# Belief: a strict codec gives back what it was given, or refuses it.
# Seen:   a text that begins with U+FEFF comes back without it, as its `TextDecoder` takes it for a byte order mark, which text in CBOR
#         does not have. So two keys of a dict become one, and the value of one is lost; with `rejectDuplicateMapKeys` cborg refuses
#         what it has written itself. And -0 is written as the int 0, while the float -0.0 of another codec is read as -0.
#
# Sends nothing anywhere; installs cborg into a temporary folder. Exits with 1 when cborg behaves otherwise.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm install --silent --no-audit --no-fund --no-package-lock cborg@6.1.5
cat > program.mjs <<'END'
import { decode, encode } from "cborg";

function told(run) {
  try {
    return JSON.stringify(run());
  } catch (error) {
    return error.message;
  }
}

const lines = [
  `text ${JSON.stringify(decode(encode("\ufeffa")))}`,
  `dict ${JSON.stringify(decode(encode({ "\ufeffa": 1, a: 2 })))}`,
  `dict without repeated keys ${told(() => decode(encode({ "\ufeffa": 1, a: 2 }), { rejectDuplicateMapKeys: true }))}`,
  `written ${Buffer.from(encode(-0)).toString("hex")}`,
  `read ${Object.is(decode(Uint8Array.of(0xfb, 0x80, 0, 0, 0, 0, 0, 0, 0)), -0) ? "-0" : "0"}`,
];
console.log(lines.join("\n"));
END
node program.mjs | tee seen
cat > expected <<'END'
text "a"
dict {"a":1}
dict without repeated keys CBOR decode error: found repeat map key "a"
written 00
read -0
END
cmp seen expected || exit 1
