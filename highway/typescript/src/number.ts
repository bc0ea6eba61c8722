/** Numbers as texts: strict as they are written, as lenient as Python in what is read. */

import { type Float, isInt } from "./values.js";

/** An int as a number where that has all of its digits. */
export const normal = (value: bigint): number | bigint => (value > -(2n ** 53n) && value < 2n ** 53n ? Number(value) : value);

/** A number as a text from which its type can be told. */
export function number(value: number | Float): string {
  const text = Object.is(+value, -0) ? "-0" : `${value}`;
  return typeof value === "number" && isInt(value) ? text : text.replace(/^-?\d+$/, "$&.0");
}

/** Without what Python takes in numbers besides: blanks around, digits of other scripts, underscores. */
const plain = (text: string): string =>
  text
    .replace(/^[\p{White_Space}\x1c-\x1f]+|[\p{White_Space}\x1c-\x1f]+$/gu, "")
    .replace(/(?!\d)\p{Nd}/gu, (digit) => {
      const code = digit.codePointAt(0) as number;
      let zero = code;
      // Scripts have ten in a row.
      while (/\p{Nd}/u.test(String.fromCodePoint(zero - 1))) zero--;
      return `${(code - zero) % 10}`;
    })
    .replace(/(\d)_(?=\d)/g, "$1");

/** The int that a text is. It may have an exponent, as highway.js writes large ones. */
export function int(text: string): number | bigint | undefined {
  if (/^-?\d{1,15}$/.test(text)) return Number(text) || 0;
  const [all, sign, whole = "", fraction = "", exponent = 0] = /^([+-]?)(\d+)(?:(?:\.(\d*))?e\+?(\d+))?$/i.exec(plain(text)) ?? [];
  const zeros = +exponent - fraction.length;
  if (all === undefined || zeros < 0 || zeros > 4300) return;
  const digits = (whole + fraction).replace(/^0+(?=.)/, "") + "0".repeat(zeros);
  if (digits.length > 4300) return;
  const value = BigInt(digits);
  return normal(sign === "-" ? -value : value);
}

/** The float that a text is. */
export function float(text: string): number | undefined {
  const bare = plain(text);
  const [, sign, word] = /^([+-]?)(inf(?:inity)?|nan)$/i.exec(bare) ?? [];
  if (word) return /n$/i.test(word) ? NaN : sign === "-" ? -Infinity : Infinity;
  const value = Number(bare);
  return /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(bare) && Math.abs(value) < Infinity ? value : undefined;
}
