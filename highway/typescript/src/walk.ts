/** The way through the value that is being read or written, by which errors name the place. There is one, as both are done at once. */

import { type Enum, type Struct, type Type, type Types, isObject } from "./values.js";

/** The deepest that lists, dicts and tuples stand within each other. */
const DEPTH = 128;

/** The keys and the positions of what is around the present value. */
export let path: unknown[] = [];
let types: Types = {};
let where = "";

/** Begins to read or write a value. */
export function begin(known: Types, name: string, way: unknown[] = []): void {
  path = way;
  types = known;
  where = name;
}

/** Runs what may read and write other values, in the middle of one. */
export function apart<T>(run: () => T): T {
  const around = [types, where, path] as const;
  try {
    return run();
  } finally {
    begin(...around);
  }
}

export function fail(why: string): never {
  throw new TypeError(`${where}${path.map((step) => (typeof step === "string" ? `.${step}` : `[${step}]`)).join("")} ${why}`);
}

export function refuse(type: Type, value: unknown): never {
  fail(`is to be ${isObject(type) ? JSON.stringify(type) : type}, and is ${isObject(value) ? (value.constructor?.name ?? "Object") : typeof value === "string" ? JSON.stringify(value.slice(0, 40)) : String(value)}`);
}

/** Goes to an entry of a dict, whose keys are of one kind: the one before, or none yet. */
export function enter(depth: number, key: unknown, before: string): string {
  path[depth] = key;
  const kind = typeof key === "string" ? "str" : typeof key === "bigint" || Number.isSafeInteger(key) ? "int" : "";
  return kind && (before || kind) === kind ? kind : fail("is a key that is neither a text nor an int, or not as the others");
}

/** The number of values around what is inside of the present one. */
export const deeper = (): number => (path.length < DEPTH ? path.length : fail("is nested too deeply"));

/** What is known of a type that is no word. */
interface Parts {
  list?: Type;
  tuple?: readonly Type[];
  dict?: readonly [Type, Type];
  struct?: Struct;
  variants?: Enum["variants"];
  /** Nothing is known. */
  any?: boolean;
}

const ANY: Parts = { any: true };

export function named(type: Type): Parts {
  if (type === "any") return ANY;
  if (!isObject(type)) return {};
  if ("option" in type) return named(type.option as Type);
  const of = ("type" in type ? types[type.type as string] : type) as (Parts & { enum?: Enum }) | undefined;
  return !of ? ANY : (of.enum ?? of);
}

/** Those that the types name are found by it. */
export const find = <T extends { readonly name: string }>(of: readonly T[], name: unknown): T | undefined => of.find((one) => one.name === name);

export const variant = (variants: Enum["variants"], name: unknown): { readonly type?: Type } =>
  find(variants, name) ?? fail(`is to be one of ${variants.map(({ name }) => name)}`);
