/** What both sides tell each other of their types, and where those differ. */

import type { RouteSchema } from "./types.js";
import { type Type, type Types, isObject, record } from "./values.js";

/** A type as the contract has it: a word, or an object with one key. */
type Told = unknown;
type Dict = Record<string, Told>;

function told(type: Type, types: Types, around: readonly string[] = []): Told {
  if (!isObject(type)) return (type as string).replace(/^[ui]\d+/, "int");
  const inner = (of: unknown): Told => told(of as Type, types, around);
  const [word, of] = Object.entries(type)[0] as [string, never];
  if (word === "tuple" || word === "dict") return { [word]: (of as Type[]).map(inner) };
  if (word !== "type" && word !== "struct") return { [word]: inner(of) };
  const key = word === "type" ? (of as string) : "";
  const { struct, enum: { variants } = {} } = (key ? (types[key] ?? {}) : type) as { struct?: { fields: [] }; enum?: { variants: [] } };
  if (key && around.includes(key)) return { ref: key };
  const parts = (of: { name: string; type?: Type }[]) => record(of.map(({ name, type }) => [name, type ? told(type, types, [...around, key]) : null]));
  if (variants) return { enum: { name: key, variants: parts(variants) } };
  if (!struct) return "any";
  const optional = (struct.fields as { name: string; required: boolean }[]).filter((field) => !field.required).map(({ name }) => name);
  return { struct: { name: key, fields: parts(struct.fields), optional } };
}

const KEYS = ["data", "reply", "error"] as const;

const typeOf = (route: RouteSchema, key: (typeof KEYS)[number], types: Types): Told => told(route[key] ?? (key === "data" ? "none" : "any"), types);

const section = (routes: RouteSchema[], types: Types): Dict => record(routes.map((route) => [route.name, Object.fromEntries(KEYS.map((key) => [key, typeOf(route, key, types)]))]));

export const toContract = (serves: RouteSchema[], peer: RouteSchema[], types: Types): Dict =>
  serves[0] || peer[0] ? { serves: section(serves, types), peer: section(peer, types) } : {};

const get = (of: unknown, key: string): unknown => (isObject(of) ? of[key] : undefined);

/** The routes whose types differ, why, and whether they are the peer's. */
export function differences(serves: RouteSchema[], peer: RouteSchema[], types: Types, contract: unknown): [name: string, why: string, isPeers: boolean][] {
  const found: [string, string, boolean][] = [];
  for (const [routes, section] of [
    [peer, "serves"],
    [serves, "peer"],
  ] as const)
    for (const route of routes)
      for (const key of KEYS) {
        const other = get(get(get(contract, section), route.name), key) ?? "any";
        const own = typeOf(route, key, types);
        if ((routes === peer) === (key === "data") ? readable(own, other) : readable(other, own)) continue;
        found.push([route.name, `the ${key} of route ${route.name} is ${JSON.stringify(own)} here and ${JSON.stringify(other)} at the peer`, routes === peer]);
        break;
      }
  return found;
}

/** Whether some value that is sent as the one can be read as the other. The rules are those of the peers in Rust. */
function readable(sent: Told, read: Told): boolean {
  const [from, a] = split(sent);
  const [to, b] = split(read);
  if (from === "any" || to === "any") return true;
  if (from === "stream" || to === "stream") return from === to && readable(a, b);
  if (from === "option") return to === "none" || readable(a, to === "option" ? b : read);
  if (to === "option") return from === "none" || readable(sent, b);
  const [c, d] = [a, b] as [Told[], Told[]];
  const fields = (of: Told) => Object.entries(get(of, "fields") as Dict).filter(([name]) => !((get(of, "optional") ?? []) as unknown[]).includes(name));
  const variants = (of: Told) => Object.entries((get(of, "variants") ?? {}) as Dict);
  const hasVariant = (of: Told, isUnit: boolean) => variants(of).some(([, type]) => !type === isUnit);
  const rules: { [pair: string]: () => boolean } = {
    int_float: () => true,
    list_list: () => readable(a, b),
    list_tuple: () => d.every((item) => readable(a, item)),
    tuple_list: () => c.every((item) => readable(item, b)),
    tuple_tuple: () => c.length === d.length && c.every((item, at) => readable(item, d[at])),
    dict_dict: () => readable(c[1], d[1]),
    dict_struct: () => fields(b).every(([, type]) => readable(c[1], type)),
    struct_dict: () => fields(a).every(([, type]) => readable(type, d[1])),
    struct_struct: () => {
      const sends = get(a, "fields") as Dict;
      const reads = get(b, "fields") as Dict;
      return fields(b).every(([name]) => name in sends) && Object.keys(reads).every((name) => !(name in sends) || readable(sends[name], reads[name]));
    },
    enum_enum: () => {
      const reads = get(b, "variants") as Dict;
      return !variants(a).length || variants(a).some(([name, type]) => name in reads && (type ? readable(type, reads[name] ?? "none") : !reads[name]));
    },
    str_enum: () => hasVariant(b, true),
    enum_str: () => hasVariant(a, true),
    dict_enum: () => true,
    struct_enum: () => true,
    enum_dict: () => hasVariant(a, false),
    enum_struct: () => hasVariant(a, false),
  };
  return rules[`${from}_${to}`]?.() ?? from === to;
}

/** The word of a type, and what stands behind it; of what is not known, nothing. */
function split(told: Told): [word: string, of: unknown] {
  if (typeof told === "string") return [/^(none|bool|int|float|str|bytes)$/.test(told) ? told : "any", 0];
  const [word, of] = Object.entries(told ?? {})[0] ?? [];
  const isKnown = /^(tuple|dict)$/.test(word as string) ? Array.isArray(of) : word === "struct" ? isObject(get(of, "fields")) : word === "enum" ? isObject(get(of, "variants")) : /^(list|option|stream)$/.test(word as string);
  return isKnown ? [word as string, of] : ["any", 0];
}
