// Runs values such as those of tests/conformance/values.jsonl against the codec, and against cborg, which knows nothing of it:
// node values.mjs CODEC.js CBORG.js VALUES.jsonl
import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";
import { isDeepStrictEqual } from "node:util";

const [codecFile, cborgFile, valuesFile] = process.argv.slice(2);
const { Float, Tuple, read, write } = await import(pathToFileURL(codecFile));
const cborg = await import(pathToFileURL(cborgFile));

const hex = (bytes) => Buffer.from(bytes).toString("hex");

/** Bytes in hex, or in parts of which each is repeated as often as it says. */
function bytes(json) {
  const parts = typeof json === "string" ? [json] : json;
  return new Uint8Array(
    Buffer.concat(parts.map((part) => (typeof part === "string" ? Buffer.from(part, "hex") : Buffer.alloc(part[0].length * part[1] / 2, part[0], "hex")))),
  );
}

/** The value that stands in JSON as the README of the values says. */
function value(json) {
  if (typeof json === "boolean") return json;
  const [[type, of]] = Object.entries(json);
  switch (type) {
    case "none":
      return null;
    case "int":
      return Number.isSafeInteger(Number(of)) ? Number(of) : BigInt(of);
    case "float": {
      const float = Buffer.from(of, "hex").readDoubleBE();
      return Number.isSafeInteger(float) && !Object.is(float, -0) ? new Float(float) : float;
    }
    case "str":
      return of;
    case "bytes":
      return bytes(of);
    case "list":
      return of.map(value);
    case "tuple":
      return Tuple.from(of.map(value));
    case "nested": {
      let nested = [];
      for (let depth = 1; depth < of; depth++) nested = [nested];
      return nested;
    }
    // A map keeps the order of its entries, which an object does not.
    case "dict":
      return new Map(of.map(([key, entry]) => [value(key), value(entry)]));
  }
  throw new Error(`no type is called ${type}`);
}

/** The value as a text that tells all types apart. */
function shown(value) {
  if (value === null || typeof value === "boolean") return String(value);
  if (typeof value === "string") return JSON.stringify(value);
  if (typeof value === "bigint") return `int ${value}`;
  if (value instanceof Float) return `float ${Number(value)}`;
  if (typeof value === "number") return Number.isSafeInteger(value) && !Object.is(value, -0) ? `int ${value}` : `float ${Object.is(value, -0) ? "-0" : value}`;
  if (value instanceof Uint8Array) return `bytes ${hex(value)}`;
  if (Array.isArray(value)) return `${value instanceof Tuple ? "tuple" : "list"} [${value.map(shown)}]`;
  const entries = [...(value instanceof Map ? value : Object.entries(value))].map(([key, of]) => `${shown(key)}: ${shown(of)}`);
  // Objects have keys that are like ints in front.
  return `dict {${entries.sort()}}`;
}

/** The value as cborg has it, which tells no int from a float that is whole, and drops what it takes for a byte order mark. */
function loose(value) {
  if (typeof value === "string") return value.replace(/^\ufeff/, "");
  if (value instanceof Float) return Number(value);
  if (value instanceof Tuple) return { tuple: [...value].map(loose) };
  if (Array.isArray(value)) return value.map(loose);
  if (value instanceof Map) return new Map([...value].map(([key, of]) => [loose(key), loose(of)]));
  if (typeof value !== "object" || value === null || value instanceof Uint8Array) return value;
  return new Map(Object.entries(value).map(([key, of]) => [loose(key), loose(of)]));
}

/** What cborg writes: it has no -0 and no tuples, for which dicts of one entry stand. */
const plain = (value) =>
  Object.is(value, -0) ? 0 : Array.isArray(value) ? (value instanceof Tuple ? { tuple: [...value].map(plain) } : value.map(plain)) : value instanceof Map ? new Map([...value].map(([key, of]) => [key, plain(of)])) : value;

const bignum = (decode) => BigInt(`0x0${hex(decode())}`);
const fromCborg = {
  useMaps: true,
  coerceUndefinedToNull: true,
  tags: {
    2: bignum,
    3: (decode) => -1n - bignum(decode),
    61556: (decode) => ({ tuple: decode() }),
  },
};

/** Whether cborg reads the payload as the value; nothing where it can't read what it is written with. */
function cborgReads(payload, value) {
  let read;
  try {
    read = cborg.decode(payload, fromCborg);
  } catch (error) {
    return /indefinite length (bytes|strings)|too deep|depth/.test(error.message) ? undefined : String(error);
  }
  // Bignums of few bytes are ints as well.
  const normal = (value) =>
    typeof value === "bigint" && Number.isSafeInteger(Number(value))
      ? Number(value)
      : Array.isArray(value)
        ? value.map(normal)
        : value instanceof Map
          ? new Map([...value].map(([key, of]) => [normal(key), normal(of)]))
          : value?.tuple
            ? { tuple: normal(value.tuple) }
            : value;
  return isDeepStrictEqual(normal(read), normal(loose(value))) || `cborg reads ${hex(payload)} as ${shown(normal(read))}`;
}

const readAny = (payload, code) => read(payload, code, "any", {}, true, "value");

const wrong = [];
let count = 0;
let byCborg = 0;
for (const line of readFileSync(valuesFile, "utf8").trimEnd().split("\n")) {
  const row = JSON.parse(line);
  count++;
  const payload = bytes(row.hex);
  let found, refused;
  try {
    found = readAny(payload, row.code);
  } catch (error) {
    refused = error;
  }
  if (row.refused) {
    if (!(refused instanceof TypeError)) wrong.push(`${row.name}: not refused, but ${refused ?? shown(found)}`);
    continue;
  }
  if (refused) {
    wrong.push(`${row.name}: ${refused}`);
    continue;
  }
  const expected = value(row.value);
  if (shown(found) !== shown(expected)) wrong.push(`${row.name}: ${shown(found)} in place of ${shown(expected)}`);
  const isContainer = row.code >= 4 && row.code <= 6;
  const agree = (payload) => {
    // The code says that the whole is a tuple.
    const verdict = isContainer ? cborgReads(payload, payload[0] >> 5 === 4 && row.code === 6 ? [...expected] : expected) : undefined;
    if (verdict === true) byCborg++;
    else if (verdict) wrong.push(`${row.name}: ${verdict}`);
  };
  agree(payload);
  if (isContainer) {
    let theirs;
    try {
      theirs = cborg.encode(loose(plain(expected)), { float64: true });
    } catch {
      // It has no bignums.
    }
    // Tuples are dicts there.
    if (theirs && !isDeepStrictEqual(loose(readAny(theirs, row.code === 6 ? 5 : row.code)), loose(plain(expected)))) wrong.push(`${row.name}: cborg's ${hex(theirs)} is read as another value`);
  }
  for (const [given, exact] of [
    [expected, row.written],
    [found, false],
  ]) {
    const { payload: written, code } = write(given, "any", {}, true, "value");
    agree(written);
    if (code !== row.code) wrong.push(`${row.name}: written with the code ${code}`);
    else if (exact && hex(written) !== hex(payload)) wrong.push(`${row.name}: written as ${hex(written).slice(0, 1000)}`);
    else if (shown(readAny(written, code)) !== shown(expected)) wrong.push(`${row.name}: written as another value`);
  }
}
if (wrong.length || count < 100) {
  console.error(`${wrong.length} of ${count}:\n${wrong.join("\n")}`);
  process.exit(1);
}
if (byCborg < count / 10) {
  console.error(`cborg has read ${byCborg} of ${count}`);
  process.exit(1);
}
console.log(`${count} values, ${byCborg} payloads read by cborg`);
