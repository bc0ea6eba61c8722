#!/usr/bin/env bash
# cbor2 6.3.0 (Python): what stands below a tag that it does not know.
#
# Usual belief: a tag that a library does not know changes nothing but that its content comes in a wrapper, or goes to a hook: a list in it is a
# list, and a dict a dict.
#
# Behaviour: all of the content is made immutable, at every depth, for `CBORTag` as for `tag_hook`: lists are tuples and dicts are frozen. So a
# program that has lists and tuples can't tell them apart any more. A function in `semantic_decoders` gets the same content as lists and dicts.
#
# Needs Python 3 with pip. Output seen:
#
#   without a tag: [1, [2]]
#   as it is: (1, (2,))
#   tag_hook: (1, (2,))
#   semantic_decoders: [1, [2]]
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check cbor2==6.3.0

cat >tags.py <<'PYTHON'
import cbor2

content = [1, [2]]
tagged = cbor2.dumps(cbor2.CBORTag(61556, content))
print("without a tag:", cbor2.loads(cbor2.dumps(content)))
print("as it is:", cbor2.loads(tagged).value)
print("tag_hook:", cbor2.loads(tagged, tag_hook=lambda tag, immutable: tag.value))
print("semantic_decoders:", cbor2.loads(tagged, semantic_decoders={61556: lambda content, immutable: content}))
PYTHON

venv/bin/python tags.py | tee seen
diff seen - <<'EXPECTED'
without a tag: [1, [2]]
as it is: (1, (2,))
tag_hook: (1, (2,))
semantic_decoders: [1, [2]]
EXPECTED
