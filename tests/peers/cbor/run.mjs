// Has a CBOR library read and write what is on standard input, a row of JSON in each line: node run.mjs CODEC.mjs
//
// A row has the type `code`, the payload in `hex`, and its `value` as the README of the values says. The answer to each has what is `read`, in the
// same form, and what is `written`, in hex; or an `error`.
import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";

const { read, write, Tuple, Float } = await import(pathToFileURL(process.argv[2]));

const hex = (bytes) => Buffer.from(bytes).toString("hex");

/** The value that stands in JSON, with bytes of a class, and, for `Buffer`, with objects for dicts. Where the codec has no class for whole floats, its ints are all of the type `bigint`. */
function value(json, Bytes) {
  const inside = (of) => value(of, Bytes);
  if (typeof json === "boolean") return json;
  const [[type, of]] = Object.entries(json);
  switch (type) {
    case "none":
      return null;
    case "int":
      return Float && Number.isSafeInteger(Number(of)) ? Number(of) : BigInt(of);
    case "float": {
      const float = Buffer.from(of, "hex").readDoubleBE();
      return Float && Number.isSafeInteger(float) ? new Float(float) : float;
    }
    case "str":
      return of;
    case "bytes":
      return Bytes.from(Buffer.from(of, "hex"));
    case "list":
      return of.map(inside);
    case "tuple":
      return Tuple.from(of.map(inside));
    case "dict": {
      const entries = of.map(([key, entry]) => [inside(key), inside(entry)]);
      // An object has no ints as keys, those that are like ints in front, and no `__proto__`.
      const isPlain = entries.every(([key]) => typeof key === "string" && !/^\d/.test(key) && key !== "__proto__");
      return isPlain && Bytes === Buffer ? Object.fromEntries(entries) : new Map(entries);
    }
  }
  throw new Error(`no type is called ${type}`);
}

/** A value as it stands in JSON. */
function json(value) {
  if (value === null) return { none: null };
  if (typeof value === "boolean") return value;
  if (typeof value === "string") return { str: value };
  if (typeof value === "bigint" || (Number.isSafeInteger(value) && !Object.is(value, -0))) return { int: String(value) };
  if (typeof value === "number") {
    const bytes = Buffer.alloc(8);
    bytes.writeDoubleBE(value);
    return { float: hex(bytes) };
  }
  if (value instanceof Uint8Array) return { bytes: hex(value) };
  if (value instanceof Tuple) return { tuple: [...value].map(json) };
  if (Array.isArray(value)) return { list: value.map(json) };
  if (Object.getPrototypeOf(value) === Object.prototype) return json(new Map(Object.entries(value)));
  if (value instanceof Map) return { dict: [...value].map(([key, entry]) => [json(key), json(entry)]) };
  throw new Error(`this is no value: ${value}`);
}

function attempt(make) {
  try {
    return make();
  } catch (error) {
    return { error: String(error) };
  }
}

for (const line of readFileSync(0, "utf8").trimEnd().split("\n")) {
  const row = JSON.parse(line);
  const typed = (items) => (row.code === 6 ? Tuple.from(items) : items);
  const answer = {
    read: attempt(() => json(typed(read(Buffer.from(row.hex, "hex"))))),
    written: [Uint8Array, Buffer].map((Bytes) => attempt(() => hex(write(value(row.value, Bytes))))),
  };
  console.log(JSON.stringify(answer));
}
