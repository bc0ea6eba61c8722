/** Values to payloads and back: in CBOR between peers with the extension, else in JSON. */

import { fromJson, toJson } from "./json.js";
import { Reader, text } from "./reader.js";
import { Code, type Type, type Types } from "./values.js";
import { Writer } from "./writer.js";

const isJson = (code: Code, extended: boolean): boolean => !extended && code > Code.Bool && code < Code.Bytes;

/**
 * Writes a value behind what is there already: its payload; and returns the code of its type.
 *
 * It throws a `TypeError` that names the place where the value can't be written.
 */
export function write(writer: Writer, value: unknown, type: Type, types: Types, extended: boolean, where: string): Code {
  const start = writer.at;
  const code = writer.write(value, type, types, where);
  if (isJson(code, extended)) {
    const read = new Reader(writer.bytes.subarray(start, writer.at), types, where).read("any", code);
    writer.at = start;
    writer.utf8(toJson(read));
  }
  return code;
}

/** Reads a payload; it throws when it is not valid for its code, or no value of the type. */
export function read(payload: Uint8Array, code: Code, type: Type, types: Types, extended: boolean, where: string): unknown {
  if (isJson(code, extended)) {
    const writer = new Writer();
    code = writer.write(fromJson(text(payload), code), "any", types, where);
    payload = writer.bytes.subarray(0, writer.at);
  }
  return new Reader(payload, types, where).read(type, code);
}
