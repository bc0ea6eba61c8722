// Runs tests/conformance/values.jsonl against the codec: node values.mjs CODEC.js VALUES.jsonl
import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";

const [codecFile, valuesFile] = process.argv.slice(2);
const { Float, Tuple, Writer, read, write } = await import(pathToFileURL(codecFile));

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

const readAny = (payload, code) => read(payload, code, "any", {}, true, "value");

const wrong = [];
let count = 0;
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
  for (const [given, exact] of [
    [expected, row.written],
    [found, false],
  ]) {
    const writer = new Writer();
    const code = write(writer, given, "any", {}, true, "value");
    const written = writer.bytes.subarray(0, writer.at);
    if (code !== row.code) wrong.push(`${row.name}: written with the code ${code}`);
    else if (exact && hex(written) !== hex(payload)) wrong.push(`${row.name}: written as ${hex(written).slice(0, 1000)}`);
    else if (shown(readAny(written, code)) !== shown(expected)) wrong.push(`${row.name}: written as another value`);
  }
}
if (wrong.length || count < 100) {
  console.error(`${wrong.length} of ${count}:\n${wrong.join("\n")}`);
  process.exit(1);
}
console.log(`${count} values`);
