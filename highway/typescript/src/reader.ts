/** Payloads to values, in one pass, by the types that are known of them. */

import { float, int, normal } from "./number.js";
import { Code, Tuple, type Type, type Types, Walk, fits, floating, isObject, keyKind, set } from "./values.js";

const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** The text that bytes are; it throws where they are no UTF-8. */
export function text(bytes: Uint8Array): string {
  if (bytes.length > 24) return decoder.decode(bytes);
  let ascii = "";
  for (const byte of bytes) {
    if (byte > 127) return decoder.decode(bytes);
    ascii += String.fromCharCode(byte);
  }
  return ascii;
}

export class Reader extends Walk {
  #at = 0;
  /** How many items may still be announced. */
  #left: number;
  #view: DataView;

  constructor(
    readonly bytes: Uint8Array,
    types: Types,
    where: string,
  ) {
    super(types, where);
    this.#left = bytes.length;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  }

  /** Reads the payload; it throws when it is not valid for its code, or no value of the type. */
  read(type: Type, code: Code): unknown {
    const { bytes } = this;
    if (code > Code.Bool && code < Code.Bytes) {
      const major = (bytes[0] as number) >> 5;
      if (code === Code.Tuple ? (major | 2) !== 6 : major !== code) this.fail("is of another type");
      const value = major === 4 ? this.#items(type, this.#byte() & 31, code) : this.#item(type);
      // A bignum has a tag too.
      if (code === Code.Tuple && !Array.isArray(value)) this.fail("is of another type");
      return this.#at < bytes.length ? this.fail("has more behind it") : value;
    }
    if (code === Code.Bytes) return this.#fit(type, code, bytes.slice());
    if (code === Code.None) return this.#fit(type, code, null);
    const given = text(bytes);
    const value = code ? (code === Code.Float ? float(given) : int(given)) : given;
    if (value === undefined) this.fail("is no number");
    return this.#fit(type, code, code === Code.Bool ? value != 0 : value);
  }

  #take(length: number): number {
    const at = this.#at;
    if (length > this.bytes.length - at) this.fail("is cut off");
    this.#at += length;
    return at;
  }

  #byte(): number {
    return this.bytes[this.#take(1)] as number;
  }

  /** The number behind a first byte; -1 for an indefinite length. */
  #number(info: number): number | bigint {
    if (info < 24) return info;
    if (info === 24) return this.#byte();
    if (info === 25) return this.#view.getUint16(this.#take(2));
    if (info === 26) return this.#view.getUint32(this.#take(4));
    if (info === 27) return normal(this.#view.getBigUint64(this.#take(8)));
    return info === 31 ? -1 : this.#invalid();
  }

  #invalid(): never {
    this.fail("is no such CBOR");
  }

  /** The parts of a text or of bytes. */
  #parts(major: number, info: number): Uint8Array[] {
    const parts: Uint8Array[] = [];
    const part = (info: number) => {
      const length = Number(this.#number(info));
      if (length < 0) this.#invalid();
      const at = this.#take(length);
      parts.push(this.bytes.subarray(at, this.#at));
    };
    if (info < 31) part(info);
    else
      for (let first; (first = this.#byte()) !== 255; ) {
        if (first >> 5 !== major) this.#invalid();
        part(first & 31);
      }
    return parts;
  }

  #blob(info: number): Uint8Array {
    const parts = this.#parts(2, info);
    const all = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
    let at = 0;
    for (const part of parts) {
      all.set(part, at);
      at += part.length;
    }
    return all;
  }

  /** How many items are to come, of which each takes a byte at least. */
  #count(info: number, each: number): number {
    const count = Number(this.#number(info));
    if (count < 0) return Infinity;
    this.#left -= count * each;
    return this.#left < 0 ? this.fail("is cut off") : count;
  }

  #more(at: number, count: number): boolean {
    return at < count && !(count === Infinity && this.bytes[this.#at] === 255 && ++this.#at);
  }

  #items(type: Type, info: number, code: Code): unknown {
    const { list, tuple } = type === "any" ? { list: type, tuple: undefined } : this.named(type);
    if (!list && !tuple) this.refuse(type, []);
    const count = this.#count(info, 1);
    const items: unknown[] = code === Code.Tuple && type === "any" ? new Tuple() : [];
    const depth = this.deeper();
    for (let at = 0; this.#more(at, count); at++) {
      this.path[depth] = at;
      items.push(this.#item(list ?? tuple?.[at] ?? "any"));
    }
    this.path.length = depth;
    return tuple && tuple.length !== items.length ? this.refuse(type, items) : items;
  }

  #dict(type: Type, info: number): unknown {
    const { dict, struct, variants, any } = this.named(type);
    if (!dict && !struct && !variants && !any) this.refuse(type, {});
    const count = this.#count(info, 2);
    const depth = this.deeper();
    let kind = "";
    let made: unknown;
    let at = 0;
    for (; this.#more(at, count); at++) {
      const key = this.#item("any") as string;
      this.path[depth] = key;
      const is = keyKind(key);
      if (!is || (kind && kind !== is) || (is === "int" && (struct || variants))) this.key();
      kind = is;
      const field = struct?.fields.find(({ name }) => name === key);
      const variant = variants && this.variant(variants, key);
      const value = this.#item(dict ? dict[1] : (field ?? variant ?? { type: struct || any ? "any" : "none" }).type ?? "none");
      if (dict || (any && is === "int")) ((made ??= new Map()) as Map<unknown, unknown>).set(dict ? this.#fit(dict[0], is === "int" ? Code.Int : Code.Str, key) : key, value);
      else if (variant && !variant.type) made = key;
      else if (!struct || field) set(((made ??= any ? Object.create(null) : {}) as object), key, value);
    }
    this.path.length = depth;
    if (variants && at !== 1) this.refuse(type, {});
    made ??= dict ? new Map() : any ? Object.create(null) : {};
    for (const { name, required } of struct?.fields ?? []) if (required && !Object.hasOwn(made as object, name)) this.fail(`has no ${name}`);
    return made;
  }

  #item(type: Type): unknown {
    const first = this.#byte();
    const info = first & 31;
    switch (first >> 5) {
      case 0:
      case 1: {
        const value = this.#number(info);
        if (value === -1) this.#invalid();
        return this.#fit(type, Code.Int, first < 32 ? value : normal(-1n - BigInt(value)));
      }
      case 2:
        return this.#fit(type, Code.Bytes, this.#blob(info));
      case 3:
        return this.#fit(type, Code.Str, this.#parts(3, info).map(text).join(""));
      case 4:
        return this.#items(type, info, Code.List);
      case 5:
        return this.#dict(type, info);
      case 6: {
        const tag = this.#number(info);
        const next = this.#byte();
        if (tag === 61556 && next >> 5 === 4) return this.#items(type, next & 31, Code.Tuple);
        if ((tag !== 2 && tag !== 3) || next >> 5 !== 2) this.#invalid();
        let hex = "0x0";
        for (const byte of this.#blob(next & 31)) hex += byte.toString(16).padStart(2, "0");
        // So many are more digits than there may be, which need no conversion.
        const size = hex.length < 9999 ? BigInt(hex) : 10n ** 4300n;
        const value = tag === 3 ? -1n - size : size;
        return fits(value, "int") ? this.#fit(type, Code.Int, normal(value)) : this.#invalid();
      }
    }
    if (info === 20 || info === 21) return this.#fit(type, Code.Bool, info === 21);
    if (info === 22 || info === 23) return this.#fit(type, Code.None, null);
    if (info === 25) return this.#fit(type, Code.Float, half(this.#view.getUint16(this.#take(2))));
    if (info === 26) return this.#fit(type, Code.Float, this.#view.getFloat32(this.#take(4)));
    if (info === 27) return this.#fit(type, Code.Float, this.#view.getFloat64(this.#take(8)));
    return this.#invalid();
  }

  /** A value that is no list and no dict, as one of a type. */
  #fit(type: Type, code: Code, value: unknown): unknown {
    if (isObject(type)) {
      if ("option" in type) return code === Code.None ? null : this.#fit(type.option as Type, code, value);
      const { variants, any } = this.named(type as Type);
      if (any) type = "any";
      else if (variants && code === Code.Str && !this.variant(variants, value).type) return value;
    }
    if (type === "any") return code === Code.Float ? floating(value as number) : value;
    if (type === "float" && (code === Code.Float || code === Code.Int)) return Number(value);
    if (code === Code.Int) {
      if (/^[ui]/.test(type as string) && fits(value as bigint, type as string)) return /t|64|128/.test(type as string) ? BigInt(value as bigint) : Number(value);
    } else if (type === WORDS[code]) return value;
    return this.refuse(type, value);
  }
}

/** What the types are called whose values are no list and no dict, by their codes. */
const WORDS = ["str", "", "float", "bool", "", "", "", "bytes", "none"];

function half(bits: number): number {
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  const size = exponent > 30 ? (fraction ? NaN : Infinity) : exponent ? (1 + fraction / 1024) * 2 ** (exponent - 15) : fraction * 2 ** -24;
  return bits & 0x8000 ? -size : size;
}
