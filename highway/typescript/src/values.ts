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

/** The most digits of an int, which other languages read. */
export const DIGITS = 4300;

export const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null;

/** What a value is, for messages. */
export function shown(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(value.length > 40 ? value.slice(0, 40) + "…" : value);
  if (!isObject(value)) return typeof value === "bigint" ? `${value}n` : String(value);
  return (value as object).constructor?.name ?? "an object";
}
