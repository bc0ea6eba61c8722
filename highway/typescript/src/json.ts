/** JSON as highway.py has it, in which ints and floats are told apart. */

import { float, int, number } from "./number.js";
import { Code, Float, Tuple, fits, floating, isObject, record } from "./values.js";

const fail = (why: string): never => {
  throw new TypeError(`JSON has ${why}`);
};

/** Each number becomes a text that begins with `n`, and each text one with `s`: `JSON.parse` would make ints of floats. */
const TOKENS = /"((?:[^"\\]|\\.)*)"|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:e[-+]?\d+)?/gis;

export function fromJson(text: string, code: Code): unknown {
  const untag = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(untag);
    if (isObject(value)) return record(Object.entries(value).map(([key, of]) => [key[0] === "s" ? (untag(key) as string) : fail("a key that is no text"), untag(of)]));
    if (typeof value !== "string") return value;
    const rest = value.slice(1);
    if (value[0] === "s") return rest.replace(/\p{Surrogate}/gu, "\ufffd");
    const whole = /[.e]/i.test(rest) ? undefined : int(rest);
    // Browsers write larger ones of what are floats.
    return whole !== undefined && fits(whole, whole < 0 ? "i64" : "u64") ? whole : floating(float(rest) ?? fail("a number that is too large"));
  };
  const value = untag(JSON.parse(text.replace(TOKENS, (token, inner?: string) => (inner === undefined ? `"n${token}"` : `"s${inner}"`))));
  return code === Code.Tuple && Array.isArray(value) ? Tuple.from(value) : value;
}

export function toJson(value: unknown): string {
  if (typeof value === "number" || value instanceof Float) return Number.isFinite(+value) ? number(value) : fail("finite floats only");
  if (typeof value === "bigint") return fits(value, value < 0 ? "i64" : "u64") ? `${value}` : fail("ints of 64 bits only");
  if (value instanceof Uint8Array) return fail("no bytes");
  if (Array.isArray(value)) return `[${value.map(toJson)}]`;
  if (!isObject(value)) return JSON.stringify(value);
  return `{${(value instanceof Map ? [...value] : Object.entries(value)).map(([key, of]) => `${JSON.stringify(`${key}`)}:${toJson(of)}`)}}`;
}
