/** Payloads to values, in one pass, by the types that are known of them. */

import { float, int, normal } from "./number.js";
import { Code, Tuple, type Type, fits, floating, isObject, set } from "./values.js";
import { deeper, enter, fail, find, named, path, refuse, variant } from "./walk.js";

const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Short texts that were read, as many of them come again, keys above all: making a text costs memory for each character. */
const known: string[] = [];

/** The text that bytes are; it throws where they are no UTF-8. */
export function text(bytes: Uint8Array, from = 0, to = bytes.length): string {
  const length = to - from;
  let hash = length;
  for (let at = from; at < to; at++) {
    const byte = bytes[at] as number;
    if (byte > 127 || length > 24) return decoder.decode(bytes.subarray(from, to));
    hash = (hash * 31 + byte) & 511;
  }
  const found = known[hash];
  let at = found?.length === length ? 0 : -1;
  while (at >= 0 && at < length) at = found?.charCodeAt(at) === bytes[from + at] ? at + 1 : -1;
  return at < 0 ? (known[hash] = String.fromCharCode(...bytes.subarray(from, to))) : (found as string);
}

/** The payload, and how far it is read. */
let bytes: Uint8Array;
let at: number;
/** How many items may still be announced. */
let left: number;

const scratch = new DataView(new ArrayBuffer(8));

/** Reads a payload; it throws when it is not valid for its code, or no value of the type. */
export function read(payload: Uint8Array, type: Type, code: Code): unknown {
  bytes = payload;
  at = 0;
  left = payload.length;
  if (code > Code.Bool && code < Code.Bytes) {
    const major = (bytes[0] as number) >> 5;
    if (code === Code.Tuple ? (major | 2) !== 6 : major !== code) fail("is of another type");
    const value = major === 4 ? items(type, uint(1) & 31, code) : item(type);
    // A bignum has a tag too.
    if (code === Code.Tuple && !Array.isArray(value)) fail("is of another type");
    return at < bytes.length ? fail("has more behind it") : value;
  }
  if (code === Code.Bytes) return fit(type, code, new Uint8Array(bytes));
  if (code === Code.None) return fit(type, code, null);
  const given = text(bytes);
  const value = code ? (code === Code.Float ? float(given) : int(given)) : given;
  if (value === undefined) fail("is no number");
  return fit(type, code, code === Code.Bool ? value != 0 : value);
}

/** Where so many bytes begin, behind which it goes on. */
function take(length: number): number {
  const from = at;
  if (length > bytes.length - at) fail("is cut off");
  at += length;
  return from;
}

/** An unsigned int of so many bytes. */
function uint(size: number): number {
  let value = 0;
  for (let from = take(size); from < at; from++) value = value * 256 + (bytes[from] as number);
  return value;
}

/** The number behind a first byte; -1 for an indefinite length. */
function number(info: number): number | bigint {
  if (info < 24) return info;
  if (info < 27) return uint(1 << (info - 24));
  if (info > 27) return info === 31 ? -1 : invalid();
  const high = uint(4);
  const low = uint(4);
  return high < 2097152 ? high * 4294967296 + low : (BigInt(high) << 32n) | BigInt(low);
}

const invalid = (): never => fail("is no such CBOR");

/** The parts of a text or of bytes, which may come in several. */
function parts<T>(major: number, info: number, part: (from: number) => T): T[] {
  const found: T[] = [];
  const add = (info: number) => {
    const length = Number(number(info));
    if (length < 0) invalid();
    found.push(part(take(length)));
  };
  if (info < 31) add(info);
  else
    for (let first; (first = uint(1)) !== 255; ) {
      if (first >> 5 !== major) invalid();
      add(first & 31);
    }
  return found;
}

export function join(parts: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

const blob = (info: number): Uint8Array => join(parts(2, info, (from) => bytes.subarray(from, at)));

function str(info: number): string {
  // As it nearly always is.
  if (info < 24) {
    const from = take(info);
    return text(bytes, from, at);
  }
  return parts(3, info, (from) => text(bytes, from, at)).join("");
}

/** How many items are to come, of which each takes a byte at least. */
function count(info: number, each: number): number {
  const count = Number(number(info));
  if (count < 0) return Infinity;
  left -= count * each;
  return left < 0 ? fail("is cut off") : count;
}

const more = (so: number, count: number): boolean => so < count && !(count === Infinity && bytes[at] === 255 && ++at);

function items(type: Type, info: number, code: Code): unknown {
  const { list, tuple, any } = named(type);
  if (!list && !tuple && !any) refuse(type, []);
  const length = count(info, 1);
  const items: unknown[] = code === Code.Tuple && any ? new Tuple() : [];
  const depth = deeper();
  for (let so = 0; more(so, length); so++) {
    path[depth] = so;
    items.push(item(list ?? tuple?.[so] ?? "any"));
  }
  path.length = depth;
  return tuple && tuple.length !== items.length ? refuse(type, items) : items;
}

function dict(type: Type, info: number): unknown {
  const { dict, struct, variants, any } = named(type);
  if (!dict && !struct && !variants && !any) refuse(type, {});
  const length = count(info, 2);
  const depth = deeper();
  let kind = "";
  let made: unknown;
  let so = 0;
  for (; more(so, length); so++) {
    const key = item("any") as string;
    kind = enter(depth, key, kind);
    const isInt = kind === "int";
    if (isInt && (struct || variants)) refuse("str", key);
    const field = struct && find(struct.fields, key);
    const chosen = variants && variant(variants, key);
    const value = item(dict ? dict[1] : any ? "any" : (field ?? chosen ?? { type: "any" }).type ?? "none");
    if (dict || (any && isInt)) ((made ??= new Map()) as Map<unknown, unknown>).set(dict ? fit(dict[0], isInt ? Code.Int : Code.Str, key) : key, value);
    else if (chosen && !chosen.type) made = key;
    else if (!struct || field) set((made ??= any ? Object.create(null) : {}) as object, key, value);
  }
  path.length = depth;
  if (variants && so !== 1) refuse(type, {});
  made ??= dict ? new Map() : any ? Object.create(null) : {};
  for (const { name, type, required } of struct?.fields ?? [])
    if (required && !Object.hasOwn(made as object, name)) {
      // Rust leaves out options that are none where it is told to, and reads them so.
      if (isObject(type) && "option" in type) set(made as object, name, null);
      else fail(`has no ${name}`);
    }
  return made;
}

function item(type: Type): unknown {
  const first = uint(1);
  const info = first & 31;
  switch (first >> 5) {
    case 0:
    case 1: {
      const value = number(info);
      if (value === -1) invalid();
      return fit(type, Code.Int, first < 32 ? value : value < Number.MAX_SAFE_INTEGER ? -1 - Number(value) : -1n - BigInt(value));
    }
    case 2:
      return fit(type, Code.Bytes, blob(info));
    case 3:
      return fit(type, Code.Str, str(info));
    case 4:
      return items(type, info, Code.List);
    case 5:
      return dict(type, info);
    case 6: {
      const tag = number(info);
      const next = uint(1);
      if (tag === 61556 && next >> 5 === 4) return items(type, next & 31, Code.Tuple);
      if ((tag !== 2 && tag !== 3) || next >> 5 !== 2) invalid();
      let hex = "0x0";
      for (const byte of blob(next & 31)) hex += byte.toString(16).padStart(2, "0");
      // So many are more digits than there may be, which need no conversion.
      const size = hex.length < 9999 ? BigInt(hex) : 10n ** 4300n;
      const value = tag === 3 ? -1n - size : size;
      return fits(value, "int") ? fit(type, Code.Int, normal(value)) : invalid();
    }
  }
  if (info === 20 || info === 21) return fit(type, Code.Bool, info === 21);
  if (info === 22 || info === 23) return fit(type, Code.None, null);
  if (info < 25 || info > 27) invalid();
  const size = 1 << (info - 24);
  for (let byte = 0; byte < size; byte++) scratch.setUint8(byte, uint(1));
  return fit(type, Code.Float, size < 4 ? half(scratch.getUint16(0)) : size < 8 ? scratch.getFloat32(0) : scratch.getFloat64(0));
}

/** What the types are called whose values are no list and no dict, by their codes. */
const WORDS = ["str", "", "float", "bool", "", "", "", "bytes", "none"];

/** A value that is no list and no dict, as one of a type. */
function fit(type: Type, code: Code, value: unknown): unknown {
  if (isObject(type)) {
    if ("option" in type) return code === Code.None ? null : fit(type.option as Type, code, value);
    const { variants, any } = named(type as Type);
    if (any) type = "any";
    else if (variants && code === Code.Str && !variant(variants, value).type) return value;
  }
  if (type === "any") return code === Code.Float ? floating(value as number) : value;
  if (type === "float" && (code === Code.Float || code === Code.Int)) return Number(value);
  if (code === Code.Int) {
    if (fits(value as bigint, type as string)) return /t|64|128/.test(type as string) ? BigInt(value as bigint) : Number(value);
  } else if (type === WORDS[code]) return value;
  return refuse(type, value);
}

function half(bits: number): number {
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  const size = exponent > 30 ? (fraction ? NaN : Infinity) : exponent ? (1 + fraction / 1024) * 2 ** (exponent - 15) : fraction * 2 ** -24;
  return bits & 0x8000 ? -size : size;
}
