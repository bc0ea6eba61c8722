/** CBOR, as far as the wire has it, and no more. */

import { Code, DEPTH, DIGITS, Float, Tuple } from "./values.js";

const TUPLE = 61556;
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const encoder = new TextEncoder();

/** The text that bytes are; it throws where they are no UTF-8. */
export function text(bytes: Uint8Array): string {
  if (bytes.length < 24) {
    let ascii = "";
    for (const byte of bytes) {
      if (byte > 127) return decoder.decode(bytes);
      ascii += String.fromCharCode(byte);
    }
    return ascii;
  }
  return decoder.decode(bytes);
}

/** Bytes that grow. */
export class Writer {
  bytes = new Uint8Array(256);
  at = 0;
  #view = new DataView(this.bytes.buffer);

  room(more: number): number {
    const at = this.at;
    if (at + more > this.bytes.length) {
      const grown = new Uint8Array(Math.max(2 * this.bytes.length, at + more));
      grown.set(this.bytes.subarray(0, at));
      this.bytes = grown;
      this.#view = new DataView(grown.buffer);
    }
    this.at = at + more;
    return at;
  }

  u8(byte: number): void {
    const at = this.room(1);
    this.bytes[at] = byte;
  }

  u16(value: number): void {
    const at = this.room(2);
    this.#view.setUint16(at, value, true);
  }

  u32(value: number): void {
    const at = this.room(4);
    this.#view.setUint32(at, value, true);
  }

  raw(bytes: Uint8Array): void {
    const at = this.room(bytes.length);
    this.bytes.set(bytes, at);
  }

  /** Text in UTF-8; it throws where the text is no Unicode. */
  utf8(value: string): number {
    if (/\p{Surrogate}/u.test(value)) throw new TypeError("the text has a surrogate without its pair, which is no Unicode");
    const before = this.at;
    const room = value.length * 3;
    const at = this.room(room);
    const { written } = encoder.encodeInto(value, this.bytes.subarray(at));
    this.at = at + written;
    return this.at - before;
  }

  head(major: number, value: number | bigint): void {
    const first = major << 5;
    if (value < 24) this.u8(first | Number(value));
    else if (value < 256) {
      this.u8(first | 24);
      this.u8(Number(value));
    } else if (value < 65536) {
      this.u8(first | 25);
      const at = this.room(2);
      this.#view.setUint16(at, Number(value));
    } else if (value < 4294967296) {
      this.u8(first | 26);
      const at = this.room(4);
      this.#view.setUint32(at, Number(value));
    } else {
      this.u8(first | 27);
      const at = this.room(8);
      this.#view.setBigUint64(at, BigInt(value));
    }
  }

  none(): void {
    this.u8(0xf6);
  }

  bool(value: boolean): void {
    this.u8(value ? 0xf5 : 0xf4);
  }

  int(value: number | bigint): void {
    const negative = value < 0;
    if (typeof value === "number") return this.head(negative ? 1 : 0, negative ? -1 - value : value);
    const size = negative ? -1n - value : value;
    if (size < 1n << 64n) return this.head(negative ? 1 : 0, size);
    let hex = size.toString(16);
    if (hex.length % 2) hex = "0" + hex;
    this.u8(negative ? 0xc3 : 0xc2);
    this.head(2, hex.length / 2);
    for (let at = 0; at < hex.length; at += 2) this.u8(parseInt(hex.slice(at, at + 2), 16));
  }

  float(value: number): void {
    this.u8(0xfb);
    const at = this.room(8);
    this.#view.setFloat64(at, value);
  }

  str(value: string): void {
    if (value.length < 24) {
      // Most are short and ASCII, whose length is known.
      const at = this.at;
      this.u8(0x60 | value.length);
      if (this.utf8(value) === value.length) return;
      this.at = at;
    }
    const inner = new Writer();
    inner.utf8(value);
    this.head(3, inner.at);
    this.raw(inner.bytes.subarray(0, inner.at));
  }

  blob(value: Uint8Array): void {
    this.head(2, value.length);
    this.raw(value);
  }

  begin(code: Code, length: number, top: boolean): void {
    if (code === Code.Tuple && !top) this.head(6, TUPLE);
    this.head(code === Code.Dict ? 5 : 4, length);
  }

  key(key: string | number | bigint): void {
    if (typeof key === "string") this.str(key);
    else this.int(key);
  }

  next(): void {}
  end(): void {}
}

/** Reads one item, which has to be all that is there: of a list, dict or tuple, as the code says. */
export function parse(bytes: Uint8Array, code: Code): unknown {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  let at = 0;
  let announced = 0;
  const fail = (why: string): never => {
    throw new TypeError(`the payload is not valid: ${why}`);
  };
  const take = (length: number): Uint8Array => {
    if (length > bytes.length - at) fail("it is cut off");
    at += length;
    return bytes.subarray(at - length, at);
  };
  const byte = (): number => take(1)[0] as number;

  /** The number behind a first byte; -1 for an indefinite length. */
  const number = (info: number): number | bigint => {
    if (info < 24) return info;
    if (info === 24) return byte();
    const start = at;
    if (info === 25) return take(2), view.getUint16(start);
    if (info === 26) return take(4), view.getUint32(start);
    if (info === 27) {
      take(8);
      const value = view.getBigUint64(start);
      return value <= 9007199254740991n ? Number(value) : value;
    }
    return info === 31 ? -1 : fail("a reserved first byte");
  };

  const length = (info: number): number => {
    const value = number(info);
    return typeof value === "bigint" ? fail("it is cut off") : value;
  };

  const chunks = (major: number, info: number): Uint8Array[] => {
    const whole = length(info);
    if (whole >= 0) return [take(whole)];
    const parts: Uint8Array[] = [];
    for (;;) {
      const first = byte();
      if (first === 0xff) return parts;
      const part = (first & 31) === 31 || first >> 5 !== major ? fail("a part of another type") : length(first & 31);
      parts.push(take(part));
    }
  };

  const joined = (parts: Uint8Array[]): Uint8Array => {
    if (parts.length === 1) return (parts[0] as Uint8Array).slice();
    const all = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
    let end = 0;
    for (const part of parts) {
      all.set(part, end);
      end += part.length;
    }
    return all;
  };

  const bignum = (negative: boolean): number | bigint => {
    const first = byte();
    if (first >> 5 !== 2) fail("a bignum is bytes");
    const digits = joined(chunks(2, first & 31));
    let hex = "0x0";
    for (const digit of digits) hex += digit.toString(16).padStart(2, "0");
    // So many bytes are more digits than there may be, which need no conversion.
    if (digits.length > 2000) fail("an int has too many digits");
    const value = negative ? -1n - BigInt(hex) : BigInt(hex);
    if (value > -(2n ** 53n) && value < 2n ** 53n) return Number(value);
    return tooLong(value) ? fail("an int has too many digits") : value;
  };

  /** How many items are to come, of which each takes a byte at least. */
  const count = (info: number, each: number): number => {
    const value = length(info);
    if (value > 0) announced += value * each;
    if (announced > bytes.length) fail("more is announced than follows");
    return value < 0 ? Infinity : value;
  };

  const ends = (known: number): boolean => known === Infinity && bytes[at] === 0xff && ++at > 0;

  const list = <T extends unknown[]>(items: T, info: number, depth: number): T => {
    if (depth >= DEPTH) fail("it is nested too deeply");
    const all = count(info, 1);
    for (let done = 0; done < all && !ends(all); done++) items.push(item(depth + 1));
    return items;
  };

  const dict = (info: number, depth: number): unknown => {
    if (depth >= DEPTH) fail("it is nested too deeply");
    const all = count(info, 2);
    const map = new Map<unknown, unknown>();
    let kind = "";
    for (let done = 0; done < all && !ends(all); done++) {
      const key = item(depth + 1);
      const of = typeof key === "bigint" ? "number" : typeof key;
      if ((of !== "string" && of !== "number") || (kind && kind !== of) || (typeof key === "number" && !isInt(key)))
        fail("a key of a type that no key has, or of another type than those before");
      kind = of;
      map.set(key, item(depth + 1));
    }
    return kind === "number" ? map : record(map as Map<string, unknown>);
  };

  const item = (depth: number): unknown => {
    const first = byte();
    const info = first & 31;
    switch (first >> 5) {
      case 0:
      case 1: {
        const value = number(info);
        if (value === -1) fail("a reserved first byte");
        if (first < 32) return value;
        if (typeof value === "number" && value < 9007199254740991) return -1 - value;
        return -1n - BigInt(value);
      }
      case 2:
        return joined(chunks(2, info));
      case 3:
        return chunks(3, info).map(text).join("");
      case 4:
        return list([], info, depth);
      case 5:
        return dict(info, depth);
      case 6: {
        const tag = number(info);
        if (tag === 2 || tag === 3) return bignum(tag === 3);
        const next = byte();
        if (tag !== TUPLE || next >> 5 !== 4) fail("a tag that denotes no type");
        return list(new Tuple(), next & 31, depth);
      }
      default:
        if (first === 0xf4) return false;
        if (first === 0xf5) return true;
        if (first === 0xf6 || first === 0xf7) return null;
        if (info < 25 || info > 27) fail("a simple value that denotes nothing");
        return floating(info === 25 ? half(length(info)) : info === 26 ? (take(4), view.getFloat32(at - 4)) : (take(8), view.getFloat64(at - 8)));
    }
  };

  let value: unknown;
  const major = (bytes[0] ?? 255) >> 5;
  if (code === Code.Tuple && major === 4) value = list(new Tuple(), byte() & 31, 0);
  else if (major !== (code === Code.Tuple ? 6 : code === Code.List ? 4 : 5)) return fail("it is of another type than the message says");
  else value = item(0);
  if (at < bytes.length) fail("there is something behind it");
  return value;
}

/** Floats are numbers, but for those that would be taken for ints when they are sent again. */
export const floating = (value: number): number | Float => (isInt(value) ? new Float(value) : value);

/** Whether a number would be sent as an int. */
export const isInt = (value: unknown): boolean => Number.isSafeInteger(value) && !Object.is(value, -0);

export const tooLong = (value: bigint): boolean => {
  const limit = 10n ** BigInt(DIGITS);
  return value >= limit || value <= -limit;
};

/** An object of entries that no name of `Object`'s own can disturb. */
export function record(map: Iterable<[string, unknown]>): Record<string, unknown> {
  const made = Object.create(null) as Record<string, unknown>;
  for (const [key, value] of map) made[key] = value;
  return made;
}

function half(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  if (exponent === 31) return fraction ? NaN : sign * Infinity;
  return sign * (exponent ? (1 + fraction / 1024) * 2 ** (exponent - 15) : fraction * 2 ** -24);
}
