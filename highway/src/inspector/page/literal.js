/**
 * Values as a person writes them: `1`, `1.0`, `"text"`, `b"\x00"`, `(1, 2)`, `[1, 2]`, `{"a": 1}`, `true`, `none`. Their types stay: `1` is an
 * int, `1.0` a float; `(…)` is a tuple, `[…]` a list.
 */
import { Float, Tuple, tuple } from "./highway.js";

const WORDS = new Map([
  ["none", null], ["null", null], ["None", null],
  ["true", true], ["True", true], ["false", false], ["False", false],
  ["nan", new Float(NaN)], ["NaN", new Float(NaN)], ["inf", new Float(Infinity)], ["-inf", new Float(-Infinity)],
]);

/** Reads a value. Throws a `SyntaxError` that says where it is none. */
export function parse(text) {
  let at = 0;
  const fail = (what) => {
    throw new SyntaxError(`${what} at character ${at + 1}`);
  };
  const space = () => {
    while (/\s/.test(text[at] ?? "")) at++;
  };
  const take = (token) => {
    space();
    if (!text.startsWith(token, at)) return false;
    at += token.length;
    return true;
  };
  const match = (pattern) => {
    pattern.lastIndex = at;
    const found = pattern.exec(text);
    if (found) at += found[0].length;
    return found;
  };
  const quoted = (isBytes) => {
    const quote = text[at++];
    let out = "";
    for (;;) {
      const char = text[at];
      if (char === undefined) fail("the quote is not closed");
      at++;
      if (char === quote) return out;
      if (char !== "\\") {
        if (isBytes && char > "\x7f") fail("bytes beyond ASCII are written as \\x80");
        out += char;
        continue;
      }
      const escape = text[at++];
      const simple = { n: "\n", r: "\r", t: "\t", 0: "\0", b: "\b", f: "\f", "\\": "\\", "/": "/", '"': '"', "'": "'" }[escape];
      const code = escape === "x" ? match(/[\da-fA-F]{2}/y)
        : escape === "u" && !isBytes ? match(/[\da-fA-F]{4}|\{[\da-fA-F]{1,6}\}/y) : null;
      if (simple !== undefined) out += simple;
      else if (code) {
        const point = parseInt(code[0].replace(/[{}]/g, ""), 16);
        if (point > 0x10ffff) fail("there is no such character");
        out += String.fromCodePoint(point);
      } else fail("there is no such escape");
    }
  };
  const items = (end) => {
    const all = [];
    let comma = true;
    while (!take(end)) {
      if (!comma) fail(`expected \`,\` or \`${end}\``);
      all.push(value());
      comma = take(",");
    }
    return { all, comma };
  };
  const dict = () => {
    const map = new Map();
    let comma = true;
    while (!take("}")) {
      if (!comma) fail("expected `,` or `}`");
      const key = value();
      if (!["string", "number", "bigint"].includes(typeof key)) fail("a key is a text or an int");
      if (map.size > 0 && (typeof key === "string") !== (typeof map.keys().next().value === "string")) fail("keys are either texts or ints");
      if (!take(":")) fail("expected `:`");
      map.set(key, value());
      comma = take(",");
    }
    return map;
  };
  const value = () => {
    space();
    const char = text[at];
    if (char === '"' || char === "'") return quoted(false);
    if (char === "b" && /["']/.test(text[at + 1] ?? "")) {
      at++;
      return Uint8Array.from(quoted(true), (char) => char.charCodeAt(0));
    }
    if (take("[")) return items("]").all;
    if (take("{")) return dict();
    if (take("(")) {
      const { all, comma } = items(")");
      // `(1)` is 1, `(1,)` a tuple.
      return all.length === 1 && !comma ? all[0] : tuple(...all);
    }
    const number = match(/-?\d[\d_]*(\.\d+)?([eE][+-]?\d+)?/y);
    if (number) {
      const plain = number[0].replaceAll("_", "");
      if (number[1] || number[2]) return new Float(Number(plain));
      const whole = BigInt(plain);
      return BigInt.asIntN(53, whole) === whole ? Number(whole) : whole;
    }
    const word = match(/-?[a-zA-Z]+/y);
    if (word && WORDS.has(word[0])) return WORDS.get(word[0]);
    if (word) at -= word[0].length;
    return fail(word ? `\`${word[0]}\` is no value; a text stands in quotes` : "expected a value");
  };
  const all = value();
  space();
  if (at < text.length) fail("nothing more may stand");
  return all;
}

/** Writes a value so that `parse` reads the same. */
export function show(value) {
  if (value === null || value === undefined) return "none";
  if (value instanceof Float) return float(Number(value));
  if (typeof value === "number") return Number.isSafeInteger(value) && !Object.is(value, -0) ? String(value) : float(value);
  if (typeof value === "string") return JSON.stringify(value);
  if (value instanceof Uint8Array) return `b"${Array.from(value, byte).join("")}"`;
  if (value instanceof Tuple) return `(${Array.from(value, show).join(", ")}${value.length === 1 ? "," : ""})`;
  if (Array.isArray(value)) return `[${value.map(show).join(", ")}]`;
  if (typeof value === "object") {
    const entries = value instanceof Map ? [...value] : Object.entries(value);
    return `{${entries.map(([key, value]) => `${show(key)}: ${show(value)}`).join(", ")}}`;
  }
  return String(value);
}

function float(number) {
  if (Number.isNaN(number)) return "nan";
  if (!Number.isFinite(number)) return number > 0 ? "inf" : "-inf";
  const text = Object.is(number, -0) ? "-0" : String(number);
  return /[.e]/.test(text) ? text : `${text}.0`;
}

function byte(code) {
  if (code === 0x22 || code === 0x5c) return `\\${String.fromCharCode(code)}`;
  return code >= 0x20 && code < 0x7f ? String.fromCharCode(code) : `\\x${code.toString(16).padStart(2, "0")}`;
}
