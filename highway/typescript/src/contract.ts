/** What both sides tell each other of their types, and where those differ. */

import { type Type, type Types, isObject } from "./values.js";

/** A type as the contract has it: a text, or an object with one key. */
type Told = string | { readonly [word: string]: unknown };

export function toContract(type: Type, types: Types, around: readonly string[] = []): Told {
  if (typeof type === "string") return /^[ui]\d/.test(type) ? "int" : type;
  const inner = (of: Type): Told => toContract(of, types, around);
  if ("tuple" in type) return { tuple: type.tuple.map(inner) };
  if ("dict" in type) return { dict: type.dict.map(inner) };
  for (const word of ["list", "option", "stream"] as const) if (word in type) return { [word]: inner((type as Record<string, Type>)[word] as Type) };
  const key = "type" in type ? type.type : "";
  const named = "type" in type ? types[type.type] : "struct" in type ? type : undefined;
  if (!named) return "any";
  const name = ("struct" in named ? named.struct.name : named.enum.name) ?? key;
  if (key && around.includes(key)) return { ref: name };
  const deeper = (of: Type): Told => toContract(of, types, [...around, key]);
  if ("struct" in named) {
    const { fields } = named.struct;
    const optional = fields.filter((field) => !field.required).map((field) => field.name);
    return {
      struct: {
        ...(name && { name }),
        fields: new Map(fields.map((field) => [field.name, deeper(field.type)])),
        ...(optional.length && { optional }),
      },
    };
  }
  return { enum: { name, variants: new Map(named.enum.variants.map((variant) => [variant.name, variant.type ? deeper(variant.type) : null])) } };
}

const entries = (of: unknown): [string, unknown][] => (of instanceof Map ? [...of] : isObject(of) ? Object.entries(of) : []);

/** Whether some value that is sent as the one can be read as the other. The rules are those of the peers in Rust. */
export function readable(sent: unknown, read: unknown): boolean {
  const [from, a] = split(sent);
  const [to, b] = split(read);
  const both = from === to;
  if (from === "any" || to === "any") return true;
  if (from === "stream" || to === "stream") return both && readable(a, b);
  if (from === "option") return to === "none" || readable(a, to === "option" ? b : read);
  if (to === "option") return from === "none" || readable(sent, b);
  if (from === "int" && to === "float") return true;
  const items = (of: unknown, each: (item: unknown, at: number) => boolean): boolean => !Array.isArray(of) || of.every(each);
  const part = (of: unknown, at: number): unknown => (Array.isArray(of) ? of[at] : undefined);
  const size = (of: unknown): number => (Array.isArray(of) ? of.length : 0);
  switch (`${from} ${to}`) {
    case "list list":
      return readable(a, b);
    case "list tuple":
      return items(b, (item) => readable(a, item));
    case "tuple list":
      return items(a, (item) => readable(item, b));
    case "tuple tuple":
      return size(a) === size(b) && items(a, (item, at) => readable(item, part(b, at)));
    case "dict dict":
      return readable(part(a, 1), part(b, 1));
    case "dict struct":
      return fields(b).every(([, of, required]) => !required || readable(part(a, 1), of));
    case "struct dict":
      return fields(a).every(([, of, required]) => !required || readable(of, part(b, 1)));
    case "struct struct": {
      const sends = new Map(fields(a).map(([name, of]) => [name, of]));
      return fields(b).every(([name, of, required]) => (sends.has(name) ? readable(sends.get(name), of) : !required));
    }
    case "enum enum": {
      const sends = variants(a);
      const reads = new Map(variants(b));
      return !sends.length || sends.some(([name, of]) => reads.has(name) && (of === null || reads.get(name) === null || readable(of, reads.get(name))));
    }
    case "str enum":
      return variants(b).some(([, of]) => of === null);
    case "enum str":
      return variants(a).some(([, of]) => of === null);
    case "dict enum":
    case "struct enum":
      return true;
    case "enum dict":
    case "enum struct":
      return variants(a).some(([, of]) => of !== null);
  }
  return both;
}

function split(told: unknown): [string, unknown] {
  if (typeof told === "string") return [/^(none|bool|int|float|str|bytes)$/.test(told) ? told : "any", undefined];
  const [word, of] = entries(told)[0] ?? [""];
  return [/^(list|tuple|dict|option|struct|enum|stream)$/.test(word) ? word : "any", of];
}

const get = (of: unknown, key: string): unknown => (of instanceof Map ? of.get(key) : isObject(of) ? of[key] : undefined);

function fields(struct: unknown): [string, unknown, boolean][] {
  const optional = get(struct, "optional");
  return entries(get(struct, "fields")).map(([name, of]) => [name, of, !(Array.isArray(optional) && optional.includes(name))]);
}

const variants = (of: unknown): [string, unknown][] => entries(get(of, "variants"));
