/** Values to payloads and back, by the types that are known of them. */

import { Writer, floating, isInt, parse, text, tooLong } from "./cbor.js";
import { JsonWriter, parseJson } from "./json.js";
import { Code, DEPTH, DIGITS, type Enum, Float, type Struct, Tuple, type Type, type Types, isObject, shown } from "./values.js";

type Sink = Writer | JsonWriter;

const WIDTH = /^([ui])(\d+)$/;

/** Whether an int is one of its type's. */
function fits(value: number | bigint, type: string): boolean {
  const width = WIDTH.exec(type);
  if (!width) return true;
  const bits = BigInt(width[2] as string);
  const [low, high] = width[1] === "u" ? [0n, 1n << bits] : [-(1n << (bits - 1n)), 1n << (bits - 1n)];
  return value >= low && value < high;
}

const isBig = (type: string): boolean => type === "int" || type.endsWith("64") || type.endsWith("128");

export class Codec {
  constructor(readonly types: Types = {}) {}

  /**
   * Writes a value behind what is there already: its payload; and returns the code of its type.
   *
   * It throws a `TypeError` that names the place where the value can't be written.
   */
  write(value: unknown, type: Type, extended: boolean, writer: Writer, where: string): Code {
    const code = this.#code(value, type, where);
    switch (code) {
      case Code.None:
        break;
      case Code.Str:
        this.#at(where, () => writer.utf8(String(value)));
        break;
      case Code.Bytes:
        writer.raw(value as Uint8Array);
        break;
      case Code.Bool:
        writer.u8(value ? 0x31 : 0x30);
        break;
      case Code.Int:
        writer.utf8(String(this.#int(value, type, where)));
        break;
      case Code.Float: {
        const float = Number(value);
        writer.utf8(Object.is(float, -0) ? "-0.0" : isInt(float) && Math.abs(float) < 1e21 ? float + ".0" : String(float));
        break;
      }
      default:
        if (extended) this.#put(writer, value, type, where, 0);
        else {
          const json = new JsonWriter();
          this.#put(json, value, type, where, 0);
          writer.utf8(json.text);
        }
    }
    return code;
  }

  #at<T>(where: string, run: () => T): T {
    try {
      return run();
    } catch (error) {
      throw error instanceof TypeError && !error.message.startsWith(where) ? new TypeError(`${where}: ${error.message}`) : error;
    }
  }

  #refuse(where: string, expected: Type | string, value: unknown): never {
    const type = typeof expected === "string" ? expected : JSON.stringify(expected);
    throw new TypeError(`${where} is ${type}, and not ${shown(value)}`);
  }

  #named(type: Type): { readonly struct?: Struct; readonly enum?: Enum } {
    if (typeof type === "string") return {};
    if ("type" in type) return this.types[type.type] ?? {};
    return "struct" in type ? type : {};
  }

  /** The code of a value as a whole payload. */
  #code(value: unknown, type: Type, where: string): Code {
    if (typeof type === "string") {
      if (type === "any") {
        if (value === null || value === undefined) return Code.None;
        switch (typeof value) {
          case "string":
            return Code.Str;
          case "boolean":
            return Code.Bool;
          case "bigint":
            return Code.Int;
          case "number":
            return isInt(value) ? Code.Int : Code.Float;
        }
        if (value instanceof Float) return Code.Float;
        if (value instanceof Uint8Array) return Code.Bytes;
        if (value instanceof Tuple) return Code.Tuple;
        if (Array.isArray(value)) return Code.List;
        return this.#isDict(value) ? Code.Dict : this.#refuse(where, "data of highway", value);
      }
      const [code, fits] = (
        {
          none: [Code.None, value === null || value === undefined],
          bool: [Code.Bool, typeof value === "boolean"],
          float: [Code.Float, typeof value === "number" || value instanceof Float],
          str: [Code.Str, typeof value === "string"],
          bytes: [Code.Bytes, value instanceof Uint8Array],
        } as Record<string, [Code, boolean]>
      )[type] ?? [Code.Int, typeof value === "bigint" || isInt(value)];
      return fits ? code : this.#refuse(where, type, value);
    }
    if ("option" in type) return value === null || value === undefined ? Code.None : this.#code(value, type.option, where);
    if ("list" in type) return Array.isArray(value) ? Code.List : this.#refuse(where, type, value);
    if ("tuple" in type) return Array.isArray(value) && value.length === type.tuple.length ? Code.Tuple : this.#refuse(where, type, value);
    if ("dict" in type) return this.#isDict(value) ? Code.Dict : this.#refuse(where, type, value);
    const { enum: of } = this.#named(type);
    if (of && typeof value === "string") return this.#variant(of, value, where).type ? this.#refuse(where, type, value) : Code.Str;
    return isObject(value) ? Code.Dict : this.#refuse(where, type, value);
  }

  #isDict(value: unknown): boolean {
    if (!isObject(value)) return false;
    if (value instanceof Map) return true;
    const prototype: unknown = Object.getPrototypeOf(value);
    return prototype === null || Object.getPrototypeOf(prototype as object) === null;
  }

  #int(value: unknown, type: Type, where: string): number | bigint {
    const int = value as number | bigint;
    if (typeof type === "string" && !fits(int, type)) this.#refuse(where, type, value);
    if (typeof int === "bigint" && tooLong(int)) throw new TypeError(`${where} is an int of more than ${DIGITS} digits`);
    return int;
  }

  #variant(of: Enum, name: unknown, where: string): Enum["variants"][number] {
    return (
      of.variants.find((variant) => variant.name === name) ??
      this.#refuse(where, `one of ${of.variants.map((variant) => variant.name).join(", ")}`, name)
    );
  }

  #put(sink: Sink, value: unknown, type: Type, where: string, depth: number): void {
    const code = this.#code(value, type, where);
    switch (code) {
      case Code.None:
        return sink.none();
      case Code.Bool:
        return sink.bool(value as boolean);
      case Code.Int:
        return this.#at(where, () => sink.int(this.#int(value, this.#bare(type), where)));
      case Code.Float:
        return this.#at(where, () => sink.float(Number(value)));
      case Code.Str:
        return this.#at(where, () => sink.str(value as string));
      case Code.Bytes:
        return this.#at(where, () => sink.blob(value as Uint8Array));
    }
    if (depth >= DEPTH) throw new TypeError(`${where} is nested more than ${DEPTH} deep`);
    const bare = this.#bare(type);
    if (code !== Code.Dict) {
      const items = value as unknown[];
      sink.begin(code, items.length, depth === 0);
      for (let at = 0; at < items.length; at++) {
        if (at) sink.next();
        const of = typeof bare === "string" ? "any" : "list" in bare ? bare.list : "tuple" in bare ? (bare.tuple[at] as Type) : "any";
        this.#put(sink, items[at], of, `${where}[${at}]`, depth + 1);
      }
      return sink.end();
    }
    let entries: [string | number | bigint, unknown, Type][];
    const { struct, enum: of } = this.#named(bare);
    if (struct) {
      const object = value as Record<string, unknown>;
      entries = [];
      for (const field of struct.fields) {
        const there = Object.hasOwn(object, field.name) || field.name in object ? object[field.name] : undefined;
        if (there === undefined && !field.required) continue;
        entries.push([field.name, there, field.type]);
      }
    } else if (of) {
      const keys = Object.keys(value as object);
      if (keys.length !== 1) this.#refuse(where, "an object with one key, the variant's name", value);
      const variant = this.#variant(of, keys[0], where);
      if (!variant.type) this.#refuse(where, `the text "${variant.name}"`, value);
      entries = [[variant.name, (value as Record<string, unknown>)[variant.name], variant.type as Type]];
    } else {
      const [keyType, valueType]: readonly [Type, Type] = typeof bare !== "string" && "dict" in bare ? bare.dict : ["any", "any"];
      const given: Iterable<[unknown, unknown]> = value instanceof Map ? value : Object.entries(value as object);
      entries = [];
      let kind = "";
      for (const [key, of] of given) {
        const isText = typeof key === "string";
        const keyKind = isText ? "str" : "int";
        if ((!isText && typeof key !== "bigint" && !isInt(key)) || (kind && kind !== keyKind))
          throw new TypeError(`${where} has a key that is neither a text nor an int, or both as keys`);
        kind = keyKind;
        this.#code(key, keyType, `${where}[key]`);
        entries.push([isText ? key : this.#int(key, keyType, `${where}[key]`), of, valueType]);
      }
    }
    sink.begin(code, entries.length, depth === 0);
    let first = true;
    for (const [key, of, valueType] of entries) {
      if (!first) sink.next();
      first = false;
      this.#at(where, () => sink.key(key));
      this.#put(sink, of, valueType, `${where}.${String(key)}`, depth + 1);
    }
    sink.end();
  }

  #bare(type: Type): Type {
    return typeof type !== "string" && "option" in type ? this.#bare(type.option) : type;
  }

  /** Reads a payload; it throws a `TypeError` when it is not valid for its code, or no value of the type. */
  read(payload: Uint8Array, code: Code, type: Type, extended: boolean, where: string): unknown {
    return this.adapt(readAny(payload, code, extended), type, where);
  }

  /** A value that was read, as one of a type. */
  adapt(value: unknown, type: Type, where: string): unknown {
    if (type === "any") return value;
    if (typeof type === "string") {
      if (type === "float") return typeof value === "number" || typeof value === "bigint" || value instanceof Float ? Number(value) : this.#refuse(where, type, value);
      if (type === "none") return value === null ? null : this.#refuse(where, type, value);
      const code = this.#code(value, type, where);
      if (code !== Code.Int) return value;
      const int = this.#int(value, type, where);
      return isBig(type) ? BigInt(int) : Number(int);
    }
    if ("option" in type) return value === null ? null : this.adapt(value, type.option, where);
    if ("list" in type) return Array.isArray(value) ? Array.from(value, (item, at) => this.adapt(item, type.list, `${where}[${at}]`)) : this.#refuse(where, type, value);
    if ("tuple" in type) {
      const { tuple } = type;
      if (!Array.isArray(value) || value.length !== tuple.length) return this.#refuse(where, type, value);
      return tuple.map((of, at) => this.adapt(value[at], of, `${where}[${at}]`));
    }
    if ("dict" in type) {
      const [keyType, valueType] = type.dict;
      if (!this.#isDict(value)) this.#refuse(where, type, value);
      const entries: Iterable<[unknown, unknown]> = value instanceof Map ? value : Object.entries(value as object);
      const map = new Map<unknown, unknown>();
      for (const [key, of] of entries) map.set(this.adapt(key, keyType, `${where}[key]`), this.adapt(of, valueType, `${where}.${String(key)}`));
      return map;
    }
    const { struct, enum: of } = this.#named(type);
    if (of && typeof value === "string") return this.#variant(of, value, where).name;
    if (!isObject(value) || Array.isArray(value) || value instanceof Map) return this.#refuse(where, type, value);
    if (of) {
      const keys = Object.keys(value);
      const variant = this.#variant(of, keys[0], where);
      return { [variant.name]: this.adapt(value[variant.name], variant.type ?? "none", `${where}.${variant.name}`) };
    }
    const made: Record<string, unknown> = {};
    for (const field of struct?.fields ?? []) {
      if (field.name in value) {
        Object.defineProperty(made, field.name, {
          value: this.adapt(value[field.name], field.type, `${where}.${field.name}`),
          enumerable: true,
          configurable: true,
          writable: true,
        });
      } else if (field.required) throw new TypeError(`${where}.${field.name} is missing`);
    }
    return made;
  }
}

/** Reads a payload without a type. */
export function readAny(payload: Uint8Array, code: Code, extended: boolean): unknown {
  switch (code) {
    case Code.Str:
      return text(payload);
    case Code.Bytes:
      return payload.slice();
    case Code.None:
      return null;
    case Code.Int:
      return int(text(payload));
    case Code.Bool:
      return BigInt(int(text(payload))) !== 0n;
    case Code.Float: {
      const given = text(payload).trim().replace(/(\d)_(?=\d)/g, "$1");
      if (/^[+-]?nan$/i.test(given)) return NaN;
      const endless = /^([+-]?)inf(inity)?$/i.exec(given);
      if (endless) return endless[1] === "-" ? -Infinity : Infinity;
      const float = Number(given);
      if (!/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(given) || !Number.isFinite(float)) throw new TypeError("the payload is no float");
      return floating(float);
    }
    default: {
      if (extended) return parse(payload, code);
      const read = parseJson(text(payload));
      return code === Code.Tuple && Array.isArray(read) ? Tuple.from(read) : read;
    }
  }
}

function int(given: string): number | bigint {
  const digits = given.trim();
  if (!/^[+-]?\d+(_\d+)*$/.test(digits)) throw new TypeError("the payload is no int");
  const bare = digits.replace(/[_+]/g, "");
  if (bare.length > DIGITS + 1) throw new TypeError("the payload is an int of too many digits");
  const value = bare.startsWith("-") ? -BigInt(bare.slice(1)) : BigInt(bare);
  if (tooLong(value)) throw new TypeError("the payload is an int of too many digits");
  return value > -(2n ** 53n) && value < 2n ** 53n ? Number(value) : value;
}
