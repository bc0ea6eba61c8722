/** Values to payloads and back: in CBOR between peers with the extension, else in JSON. */

import { fromJson, toJson } from "./json.js";
import * as reader from "./reader.js";
import { Code, type Type, type Types } from "./values.js";
import { begin } from "./walk.js";
import * as writer from "./writer.js";

const isJson = (code: Code, extended: boolean): boolean => !extended && code > Code.Bool && code < Code.Bytes;

/**
 * Writes a value behind what is there already: its payload; and returns the code of its type.
 *
 * It throws a `TypeError` that names the place where the value can't be written.
 */
export function write(value: unknown, type: Type, types: Types, extended: boolean, where: string): Code {
  begin(types, where);
  if (extended) return writer.write(value, type);
  let code = Code.None;
  const payload = writer.written(() => (code = writer.write(value, type)));
  if (isJson(code, extended)) writer.utf8(toJson(reader.read(payload, "any", code)));
  else writer.raw(payload);
  return code;
}

/** Reads a payload; it throws when it is not valid for its code, or no value of the type. */
export function read(payload: Uint8Array, code: Code, type: Type, types: Types, extended: boolean, where: string): unknown {
  begin(types, where);
  if (isJson(code, extended)) {
    const value = fromJson(reader.text(payload), code);
    payload = writer.written(() => (code = writer.write(value, "any")));
  }
  return reader.read(payload, type, code);
}
