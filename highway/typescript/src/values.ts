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

/** A struct of fields by their names. */
export const struct = (fields: Record<string, Type>): Type => ({ struct: { fields: Object.entries(fields).map(([name, type]) => ({ name, type, required: false })) } });

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

export const isObject = (value: unknown): value is Record<string, unknown> => typeof value === "object" && value !== null;

/** Whether a number would be sent as an int. */
export const isInt = (value: unknown): value is number => Number.isSafeInteger(value) && !Object.is(value, -0);

/** Floats are numbers, but for those that would be taken for ints when they are sent again. */
export const floating = (value: number): number | Float => (isInt(value) ? new Float(value) : value);

const MOST = 10n ** 4300n;

/** The bounds of the types of ints, which are excluded. An int has 4,300 digits at most, as many as Python reads. */
const BOUNDS: Record<string, readonly [number | bigint, number | bigint]> = { int: [-MOST, MOST] };
for (const bits of [8, 16, 32, 53, 54, 64, 128]) {
  const half = 2n ** BigInt(bits - 1);
  // Comparing numbers is faster.
  const bound = (value: bigint) => (bits > 54 ? value : Number(value));
  BOUNDS[`i${bits}`] = [bound(-half - 1n), bound(half)];
  BOUNDS[`u${bits}`] = [-1, bound(2n * half)];
}

/** Whether an int is one of its type's. */
export function fits(value: number | bigint, type: string): boolean {
  const [low, high] = BOUNDS[type] ?? [0, 0];
  return value > low && value < high;
}

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
