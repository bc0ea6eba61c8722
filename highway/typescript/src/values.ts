/** Values that JavaScript has no type of its own for. */

/** A float that is whole, such as `1.0`, where no generated type says that it is a float. It is a number in calculations. */
export class Float extends Number {}

/** A tuple, where no generated type says so; it is an array otherwise. Make one with {@link tuple}. */
export class Tuple<T = Value> extends Array<T> {}

// Their names are shown, and lost when the module is made small.
for (const [name, Class] of Object.entries({ Float, Tuple })) Object.defineProperty(Class, "name", { value: name });

/** Makes a tuple: `tuple(1, "two")`. */
export function tuple<T extends readonly unknown[]>(...items: T): Tuple<T[number]> {
  const made = new Tuple<T[number]>();
  made.push(...items);
  return made;
}

/**
 * What can be sent and received without generated types. A number that is a safe integer is an int, every other one a float; a `bigint` is an
 * int of any size. Arrays are lists; maps, and objects with text keys, are dicts.
 */
export type Value =
  | null
  | boolean
  | number
  | bigint
  | string
  | Uint8Array
  | Float
  | readonly Value[]
  | ReadonlyMap<string, Value>
  | ReadonlyMap<number | bigint, Value>
  | { readonly [key: string]: Value };

/** A type, in the words of the description. */
export type Type =
  | string
  | { readonly list: Type }
  | { readonly tuple: readonly Type[] }
  | { readonly dict: readonly [Type, Type] }
  | { readonly option: Type }
  | { readonly stream: Type }
  | { readonly struct: Struct }
  | { readonly type: string };

export interface Struct {
  readonly name?: string;
  readonly fields: readonly { readonly name: string; readonly type: Type; readonly required: boolean }[];
}

export interface Enum {
  readonly name?: string;
  readonly variants: readonly { readonly name: string; readonly type?: Type }[];
}

/** The structs and enums by name. */
export type Types = { readonly [name: string]: { readonly struct: Struct } | { readonly enum: Enum } };

/** The code of a value's type in a message's header. */
export const enum Code {
  Str,
  Int,
  Float,
  Bool,
  List,
  Dict,
  Tuple,
  Bytes,
  None,
  Stream,
}

/** The deepest that lists, dicts and tuples stand within each other. */
export const DEPTH = 128;

export const isObject = (value: unknown): value is Record<string, unknown> => typeof value === "object" && value !== null;

/** Whether a number would be sent as an int. */
export const isInt = (value: unknown): value is number => Number.isSafeInteger(value) && !Object.is(value, -0);

/** Floats are numbers, but for those that would be taken for ints when they are sent again. */
export const floating = (value: number): number | Float => (isInt(value) ? new Float(value) : value);

/** Whether an int is one of its type's, of which each has 4,300 digits at most, as many as Python reads. */
export function fits(value: number | bigint, type: string): boolean {
  const bits = BigInt(type.replace(/\D/g, ""));
  if (!bits) return typeof value === "number" || (value < MOST && value > -MOST);
  const half = 1n << (bits - 1n);
  return type[0] === "u" ? value >= 0 && value < 2n * half : value >= -half && value < half;
}

const MOST = 10n ** 4300n;

/** What the keys of a dict are; nothing for what is no key. */
export const keyKind = (key: unknown): string => (typeof key === "string" ? "str" : typeof key === "bigint" || isInt(key) ? "int" : "");

/** Sets an entry, whatever its name is. */
export function set(object: object, key: string, value: unknown): void {
  if (key === "__proto__") Object.defineProperty(object, key, { value, enumerable: true, configurable: true, writable: true });
  else (object as Record<string, unknown>)[key] = value;
}

/** An object of entries that no name of `Object`'s own can disturb. */
export function record(entries: Iterable<[string, unknown]>): Record<string, unknown> {
  const made = Object.create(null) as Record<string, unknown>;
  for (const [key, value] of entries) made[key] = value;
  return made;
}

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

/** The way through a value, by which errors name the place. */
export class Walk {
  path: unknown[] = [];

  constructor(
    public types: Types = {},
    public where = "",
  ) {}

  fail(why: string): never {
    throw new TypeError(`${this.where}${this.path.map((step) => (typeof step === "string" ? `.${step}` : `[${step}]`)).join("")} ${why}`);
  }

  refuse(type: unknown, value: unknown): never {
    this.fail(`is to be ${isObject(type) ? JSON.stringify(type) : type}, and is ${isObject(value) ? (value.constructor?.name ?? "Object") : typeof value === "string" ? JSON.stringify(value.slice(0, 40)) : String(value)}`);
  }

  key(): never {
    this.fail("is a key that is neither a text nor an int, or not as the others");
  }

  /** The number of values around what is inside of the present one. */
  deeper(): number {
    return this.path.length < DEPTH ? this.path.length : this.fail("is nested too deeply");
  }

  named(type: Type): Parts {
    if (type === "any") return { any: true };
    if (!isObject(type)) return {};
    if ("option" in type) return this.named(type.option as Type);
    const of = ("type" in type ? this.types[type.type as string] : type) as (Parts & { enum?: Enum }) | undefined;
    return !of ? { any: true } : of.enum ? of.enum : of;
  }

  variant(variants: Enum["variants"], name: unknown): { readonly type?: Type } {
    return variants.find((variant) => variant.name === name) ?? this.fail(`is to be one of ${variants.map(({ name }) => name)}`);
  }
}
