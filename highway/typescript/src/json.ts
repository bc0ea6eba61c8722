/** JSON as highway.py has it, in which ints and floats are told apart. */

import { Code, DEPTH } from "./values.js";
import { floating, isInt, record, tooLong } from "./cbor.js";

/** Writes what {@link Writer} writes, as JSON. Tuples become lists within another value, as highway.py does it. */
export class JsonWriter {
  text = "";
  #ends: string[] = [];

  none(): void {
    this.text += "null";
  }

  bool(value: boolean): void {
    this.text += value;
  }

  int(value: number | bigint): void {
    if (BigInt.asIntN(65, BigInt(value)) !== BigInt(value) || value > 18446744073709551615n || value < -9223372036854775808n)
      throw new TypeError("the peer reads ints of 64 bits only");
    this.text += value;
  }

  float(value: number): void {
    if (!Number.isFinite(value)) throw new TypeError("the peer reads finite floats only");
    this.text += isInt(value) || Object.is(value, -0) ? (Object.is(value, -0) ? "-0.0" : value + ".0") : value;
  }

  str(value: string): void {
    if (/\p{Surrogate}/u.test(value)) throw new TypeError("the text has a surrogate without its pair, which is no Unicode");
    this.text += JSON.stringify(value);
  }

  blob(): void {
    throw new TypeError("the peer reads bytes by themselves only, not within another value");
  }

  begin(code: Code): void {
    this.text += code === Code.Dict ? "{" : "[";
    this.#ends.push(code === Code.Dict ? "}" : "]");
  }

  key(key: string | number | bigint): void {
    if (typeof key !== "string") throw new TypeError("the peer reads dicts with texts as keys only");
    this.str(key);
    this.text += ":";
  }

  next(): void {
    this.text += ",";
  }

  end(): void {
    this.text += this.#ends.pop();
  }
}

/** Reads JSON. `JSON.parse` would make ints of floats, and other numbers of large ints. */
export function parseJson(text: string): unknown {
  const tokens = /\s*(?:([\[\]{}:,])|("(?:[^"\\\u0000-\u001f]|\\.)*")|(-?(?:0|[1-9]\d*)(\.\d+)?([eE][-+]?\d+)?)|(true|false|null))\s*/y;
  let token: RegExpExecArray;
  const next = (): string => {
    const found = tokens.exec(text);
    if (!found) throw new TypeError("the payload is not valid JSON");
    token = found;
    return found[1] ?? "";
  };
  const fail = (): never => {
    throw new TypeError("the payload is not valid JSON");
  };
  const value = (mark: string, depth: number): unknown => {
    if (mark === "[" || mark === "{") {
      if (depth >= DEPTH) throw new TypeError("the payload is nested too deeply");
      const items: unknown[] = [];
      const close = mark === "[" ? "]" : "}";
      let inside = next();
      while (inside !== close) {
        if (mark === "{") {
          const key = token[2] ?? fail();
          if (next() !== ":") fail();
          items.push([JSON.parse(key), value(next(), depth + 1)]);
        } else items.push(value(inside, depth + 1));
        inside = next();
        if (inside === close) break;
        if (inside !== ",") fail();
        inside = next();
        if (inside === close) fail();
      }
      return mark === "[" ? items : record(items as [string, unknown][]);
    }
    if (token[2]) return JSON.parse(token[2]);
    if (token[6]) return JSON.parse(token[6]);
    const digits = token[3] ?? fail();
    if (token[4] || token[5]) {
      const number = Number(digits);
      return Number.isFinite(number) ? floating(number) : fail();
    }
    const int = BigInt(digits);
    if (tooLong(int)) fail();
    return int > -(2n ** 53n) && int < 2n ** 53n ? Number(int) : int;
  };
  const read = value(next(), 0);
  if (tokens.lastIndex < text.length) fail();
  return read;
}

