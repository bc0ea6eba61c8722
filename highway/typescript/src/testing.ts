/** What the tests need of the inside. It is no part of the package. */

import { write as put } from "./codec.js";
import { written } from "./writer.js";
import type { Code, Type, Types } from "./values.js";

export { read } from "./codec.js";
export { Float, Tuple } from "./values.js";

/** The payload of a value, and its code. */
export function write(value: unknown, type: Type, types: Types, extended: boolean, where: string): { payload: Uint8Array; code: Code } {
  let code!: Code;
  const payload = written(() => (code = put(value, type, types, extended, where)));
  return { payload, code };
}
