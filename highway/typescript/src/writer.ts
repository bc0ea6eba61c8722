/** Values to payloads, in one pass, by the types that are known of them. */

import { number } from "./number.js";
import { Code, Float, Tuple, type Type, type Types, Walk, fits, isInt, isObject, keyKind } from "./values.js";

const encoder = new TextEncoder();

/** Bytes that grow. */
export class Writer extends Walk {
  bytes = new Uint8Array(512);
  at = 0;
  /** The code of the whole payload. */
  code = Code.None;
  #view = new DataView(this.bytes.buffer);

  /** Makes room for bytes, and returns where they go. */
  #room(more: number): number {
    const at = this.at;
    this.at += more;
    if (this.at > this.bytes.length) {
      const grown = new Uint8Array(2 * this.at);
      grown.set(this.bytes.subarray(0, at));
      this.bytes = grown;
      this.#view = new DataView(grown.buffer);
    }
    return at;
  }

  u8(byte: number): void {
    const at = this.#room(1);
    this.bytes[at] = byte;
  }

  u16(value: number): void {
    const at = this.#room(2);
    this.#view.setUint16(at, value, true);
  }

  u32(value: number): void {
    const at = this.#room(4);
    this.#view.setUint32(at, value, true);
  }

  raw(bytes: Uint8Array): void {
    const at = this.#room(bytes.length);
    this.bytes.set(bytes, at);
  }

  utf8(text: string): void {
    const start = this.#room(text.length);
    for (let at = 0; at < text.length; at++) {
      const char = text.charCodeAt(at);
      if (char > 127) {
        // Not ASCII.
        if (/\p{Surrogate}/u.test(text)) this.fail("has half of a surrogate pair");
        this.at = start;
        // Before `bytes` is looked at, as there may be others then.
        this.#room(text.length * 3);
        const { written } = encoder.encodeInto(text, this.bytes.subarray(start));
        this.at = start + written;
        return;
      }
      this.bytes[start + at] = char;
    }
  }

  /**
   * Writes a value behind what is there already: its payload; and returns the code of its type.
   *
   * It throws a `TypeError` that names the place where the value can't be written.
   */
  write(value: unknown, type: Type, types: Types, where: string): Code {
    this.types = types;
    this.where = where;
    this.path = [];
    this.#put(value, type);
    return this.code;
  }

  /** Whether the value is the whole payload, whose type is in its code. */
  #whole(code: Code): boolean {
    if (this.path.length) return false;
    this.code = code;
    return true;
  }

  #head(major: number, value: number | bigint): void {
    const first = major << 5;
    if (value < 24) return this.u8(first | Number(value));
    const size = value < 256 ? 0 : value < 65536 ? 1 : value < 4294967296 ? 2 : 3;
    this.u8(first | (24 + size));
    const at = this.#room(1 << size);
    if (size > 2) this.#view.setBigUint64(at, BigInt(value));
    else if (size > 1) this.#view.setUint32(at, Number(value));
    else if (size) this.#view.setUint16(at, Number(value));
    else this.bytes[at] = Number(value);
  }

  #none(): void {
    if (!this.#whole(Code.None)) this.u8(0xf6);
  }

  #int(value: number | bigint): void {
    if (!fits(value, "int")) this.fail("has more digits than an int may have");
    if (this.#whole(Code.Int)) return this.utf8(`${value}`);
    const negative = value < 0;
    if (typeof value === "number") return this.#head(+negative, negative ? -1 - value : value);
    const size = negative ? -1n - value : value;
    if (size < 1n << 64n) return this.#head(+negative, size);
    const hex = size.toString(16);
    this.u8(0xc2 | +negative);
    this.#blob(Uint8Array.from(hex.padStart(hex.length + (hex.length % 2), "0").match(/../g) as string[], (byte) => parseInt(byte, 16)));
  }

  #float(value: number): void {
    if (this.#whole(Code.Float)) return this.utf8(number(new Float(value)));
    this.u8(0xfb);
    const at = this.#room(8);
    this.#view.setFloat64(at, value);
  }

  #str(text: string): void {
    if (this.#whole(Code.Str)) return this.utf8(text);
    const start = this.at;
    this.#head(3, text.length);
    const from = this.at;
    this.utf8(text);
    const length = this.at - from;
    if (length === text.length) return;
    // It was longer than its characters: its length is written anew.
    const bytes = this.bytes.slice(from, this.at);
    this.at = start;
    this.#blob(bytes, 3);
  }

  #blob(bytes: Uint8Array, major = 2): void {
    this.#head(major, bytes.length);
    this.raw(bytes);
  }

  #items(code: Code, items: readonly unknown[], of: (at: number) => Type): void {
    if (!this.#whole(code) && code === Code.Tuple) this.#head(6, 61556);
    this.#head(4, items.length);
    const depth = this.deeper();
    for (let at = 0; at < items.length; at++) {
      this.path[depth] = at;
      this.#put(items[at], of(at));
    }
    this.path.length = depth;
  }

  #entries(entries: readonly (readonly [unknown, unknown, Type])[], key: Type = "any"): void {
    this.#whole(Code.Dict);
    this.#head(5, entries.length);
    const depth = this.deeper();
    let kind = "";
    for (const [name, value, type] of entries) {
      this.path[depth] = name;
      const of = keyKind(name);
      if (!of || (kind && kind !== of)) this.key();
      kind = of;
      this.#put(name, key);
      this.#put(value, type);
    }
    this.path.length = depth;
  }

  #put(value: unknown, type: Type): void {
    const is = typeof value;
    const given = value as never;
    if (type === "any") {
      if (value == null) return this.#none();
      if (is === "number") return isInt(value) ? this.#int(given) : this.#float(given);
      if (is === "bigint") return this.#int(given);
      type =
        is === "string"
          ? "str"
          : is === "boolean"
            ? "bool"
            : value instanceof Float
              ? "float"
              : value instanceof Uint8Array
                ? "bytes"
                : Array.isArray(value)
                  ? { list: "any" }
                  : { dict: ["any", "any"] };
      if (value instanceof Tuple) return this.#items(Code.Tuple, value, () => "any");
    }
    if (typeof type === "string") {
      if (type === "str") {
        if (is === "string") return this.#str(given);
      } else if (type === "float") {
        if (is === "number" || value instanceof Float) return this.#float(+given);
      } else if (type === "bool") {
        if (is === "boolean") return this.u8(this.#whole(Code.Bool) ? 48 + +given : 0xf4 + +given);
      } else if (type === "bytes") {
        if (value instanceof Uint8Array) return this.#whole(Code.Bytes) ? this.raw(value) : this.#blob(value);
      } else if (type === "none") {
        if (value == null) return this.#none();
      } else if ((is === "bigint" || isInt(value)) && fits(given, type)) return this.#int(given);
    } else if ("option" in type && value == null) return this.#none();
    else {
      const { list, tuple, dict, struct, variants, any } = this.named(type);
      if ("option" in type) return this.#put(value, type.option);
      if (any) return this.#put(value, "any");
      const isArray = Array.isArray(value);
      if (list) {
        if (isArray) return this.#items(Code.List, value, () => list);
      } else if (tuple) {
        if (isArray && value.length === tuple.length) return this.#items(Code.Tuple, value, (at) => tuple[at] as Type);
      } else if (variants && is === "string") {
        if (!this.variant(variants, value).type) return this.#str(given);
      } else if (isObject(value) && !isArray) {
        const own = (name: string) => (name in Object.prototype && !Object.hasOwn(value, name) ? undefined : value[name]);
        if (struct) return this.#entries(struct.fields.filter(({ name, required }) => required || own(name) !== undefined).map(({ name, type }) => [name, own(name), type]));
        const keys = Object.keys(value);
        if (variants) {
          const of = keys.length === 1 && this.variant(variants, keys[0]).type;
          if (of) return this.#entries([[keys[0], own(keys[0] as string), of]]);
        } else if (dict) {
          const [key, of] = dict;
          if (value instanceof Map) return this.#entries(Array.from(value, ([name, value]) => [name, value, of]), key);
          const prototype: unknown = Object.getPrototypeOf(value);
          if (!prototype || !Object.getPrototypeOf(prototype)) return this.#entries(keys.map((name) => [/^[ui]/.test(`${key}`) && /^-?\d+$/.test(name) ? BigInt(name) : name, value[name], of]), key);
        }
      }
    }
    this.refuse(type, value);
  }
}
