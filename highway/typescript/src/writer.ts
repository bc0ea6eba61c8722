/** Values to payloads, in one pass, by the types that are known of them. */

import { number } from "./number.js";
import { Code, Float, Tuple, type Type, fits, isInt, isObject } from "./values.js";
import { apart, deeper, enter, fail, named, path, refuse, variant } from "./walk.js";

const encoder = new TextEncoder();

/** Messages are written one behind the other into as many bytes, which are left to them then. */
const SLAB = 65536;

let bytes: Uint8Array<ArrayBuffer>;
let view: DataView;
let at: number;
/** Something is being written. */
let isOpen = false;
/** The code of the whole payload. */
let whole: Code;

function use(slab: Uint8Array<ArrayBuffer>): void {
  bytes = slab;
  view = new DataView(slab.buffer);
}

function renew(): void {
  use(new Uint8Array(SLAB));
  at = 0;
}
renew();

/** What a function writes. It may be in the middle of something else, such as in a getter that sends. */
export function written(write: () => void): Uint8Array {
  return isOpen ? apart(() => take(write)) : take(write);
}

function take(write: () => void): Uint8Array {
  const isInside = isOpen;
  const start = at;
  let made: Uint8Array | undefined;
  isOpen = true;
  try {
    write();
    return (made = isInside || bytes.length > SLAB ? bytes.slice(start, at) : bytes.subarray(start, at));
  } finally {
    isOpen = isInside;
    if (isInside || !made) at = start;
    if (!isInside && (at > SLAB - 2048 || bytes.length > SLAB)) renew();
  }
}

/** Makes room for bytes, and returns where they go; `bytes` may be others then. */
function room(more: number): number {
  const to = at;
  at += more;
  if (at > bytes.length) {
    const before = bytes;
    use(new Uint8Array(2 * at));
    bytes.set(before);
  }
  return to;
}

export function u8(byte: number): void {
  const to = room(1);
  bytes[to] = byte;
}

export function u32(value: number): void {
  const to = room(4);
  view.setUint32(to, value, true);
}

export function raw(given: Uint8Array): void {
  const to = room(given.length);
  bytes.set(given, to);
}

export function utf8(text: string): void {
  const { length } = text;
  const start = room(length);
  if (length < 64) {
    let to = start;
    for (let char; to < at && (char = text.charCodeAt(to - start)) < 128; to++) bytes[to] = char;
    if (to === at) return;
  }
  if (/\p{Surrogate}/u.test(text)) fail("has half of a surrogate pair");
  at = start;
  room(length * 3);
  at = start + encoder.encodeInto(text, bytes.subarray(start)).written;
}

/**
 * Writes a value: its payload; and returns the code of its type.
 *
 * It throws a `TypeError` that names the place where the value can't be written.
 */
export function write(value: unknown, type: Type): Code {
  put(value, type);
  return whole;
}

/** Whether the value is the whole payload, whose type is in its code. */
function isWhole(code: Code): boolean {
  if (path.length) return false;
  whole = code;
  return true;
}

function head(major: number, value: number | bigint): void {
  const first = major << 5;
  if (value < 24) return u8(first | Number(value));
  const size = value < 256 ? 0 : value < 65536 ? 1 : value < 4294967296 ? 2 : 3;
  u8(first | 24 | size);
  const to = room(1 << size);
  if (size > 2) view.setBigUint64(to, BigInt(value));
  else if (size > 1) view.setUint32(to, Number(value));
  else if (size) view.setUint16(to, Number(value));
  else bytes[to] = Number(value);
}

function none(): void {
  if (!isWhole(Code.None)) u8(0xf6);
}

function int(value: number | bigint): void {
  if (!fits(value, "int")) fail("has more digits than an int may have");
  if (isWhole(Code.Int)) return utf8(`${value}`);
  const negative = value < 0;
  if (typeof value === "number") return head(+negative, negative ? -1 - value : value);
  const size = negative ? -1n - value : value;
  if (size < 1n << 64n) return head(+negative, size);
  const hex = size.toString(16);
  u8(0xc2 | +negative);
  blob(Uint8Array.from(hex.padStart(hex.length + (hex.length % 2), "0").match(/../g) as string[], (byte) => parseInt(byte, 16)));
}

function float(value: number): void {
  if (isWhole(Code.Float)) return utf8(number(new Float(value)));
  u8(0xfb);
  const to = room(8);
  view.setFloat64(to, value);
}

function bool(value: boolean): void {
  u8((isWhole(Code.Bool) ? 48 : 0xf4) + +value);
}

function str(text: string): void {
  if (isWhole(Code.Str)) return utf8(text);
  const start = at;
  head(3, text.length);
  const from = at;
  utf8(text);
  const length = at - from;
  if (length === text.length) return;
  // It was longer than its characters: what tells its length may be too.
  const encoded = bytes.slice(from, at);
  at = start;
  blob(encoded, 3);
}

function blob(bytes: Uint8Array, major = 2): void {
  head(major, bytes.length);
  raw(bytes);
}

function items(code: Code, items: readonly unknown[], of: (at: number) => Type): void {
  if (!isWhole(code) && code === Code.Tuple) head(6, 61556);
  head(4, items.length);
  const depth = deeper();
  for (let at = 0; at < items.length; at++) {
    path[depth] = at;
    put(items[at], of(at));
  }
  path.length = depth;
}

function entries(keys: readonly unknown[], values: readonly unknown[], of: (at: number) => Type, key: Type = "any"): void {
  isWhole(Code.Dict);
  head(5, keys.length);
  const depth = deeper();
  let kind = "";
  for (let at = 0; at < keys.length; at++) {
    kind = enter(depth, keys[at], kind);
    put(keys[at], key);
    put(values[at], of(at));
  }
  path.length = depth;
}

const any = (): Type => "any";
/** Whether an object is of no class. */
const isPlain = (value: unknown): value is object => isObject(value) && !Object.getPrototypeOf(Object.getPrototypeOf(value) ?? Object.prototype);

const DICT: Type = { dict: ["any", "any"] };

function put(value: unknown, type: Type): void {
  const is = typeof value;
  const given = value as never;
  if (type === "any") {
    if (is === "string") return str(given);
    if (is === "number") return isInt(value) ? int(value) : float(given);
    if (value == null) return none();
    if (is === "bigint") return int(given);
    if (is === "boolean") return bool(given);
    if (Array.isArray(value)) return items(value instanceof Tuple ? Code.Tuple : Code.List, value, any);
    if (isPlain(value)) return entries(Object.keys(value), Object.values(value), any);
    type = value instanceof Float ? "float" : value instanceof Uint8Array ? "bytes" : DICT;
  }
  if (typeof type === "string") {
    if (type === "str") {
      if (is === "string") return str(given);
    } else if (type === "float") {
      if (is === "number" || value instanceof Float) return float(+given);
    } else if (type === "bool") {
      if (is === "boolean") return bool(given);
    } else if (type === "bytes") {
      if (value instanceof Uint8Array) return isWhole(Code.Bytes) ? raw(value) : blob(value);
    } else if (type === "none") {
      if (value == null) return none();
    } else if ((is === "bigint" || isInt(value)) && fits(given, type)) return int(given);
  } else return part(value, type);
  refuse(type, value);
}

/** Puts a value of a type that is no word. It is apart from the others, as its functions cost memory. */
function part(value: unknown, type: Exclude<Type, string>): void {
  if ("option" in type) return value == null ? none() : put(value, type.option);
  const is = typeof value;
  const { list, tuple, dict, struct, variants, any } = named(type);
  if (any) return put(value, "any");
  const isArray = Array.isArray(value);
  if (list) {
    if (isArray) return items(Code.List, value, () => list);
  } else if (tuple) {
    if (isArray && value.length === tuple.length) return items(Code.Tuple, value, (at) => tuple[at] as Type);
  } else if (variants && is === "string") {
    if (!variant(variants, value).type) return str(value as string);
  } else if (isObject(value) && !isArray) {
    const own = (name: string) => (name in Object.prototype && !Object.hasOwn(value, name) ? undefined : value[name]);
    if (struct) {
      const fields = struct.fields.filter(({ name, required }) => required || own(name) !== undefined);
      const names = fields.map(({ name }) => name);
      return entries(names, names.map(own), (at) => (fields[at] as { type: Type }).type);
    }
    const keys = Object.keys(value);
    if (variants) {
      const of = keys.length === 1 && variant(variants, keys[0]).type;
      if (of) return entries(keys, keys.map(own), () => of);
    } else if (dict) {
      const [key, inner] = dict;
      const of = () => inner;
      if (value instanceof Map) return entries([...value.keys()], [...value.values()], of, key);
      if (isPlain(value))
        return entries(
          /^[ui]/.test(`${key}`) ? keys.map((name) => (/^-?\d+$/.test(name) ? BigInt(name) : name)) : keys,
          keys.map((name) => value[name]),
          of,
          key,
        );
    }
  }
  refuse(type, value);
}
