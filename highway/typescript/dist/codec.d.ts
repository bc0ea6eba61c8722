/** Values to payloads and back: in CBOR between peers with the extension, else in JSON. */
import { Code, type Type, type Types } from "./values.js";
/**
 * Writes a value behind what is there already: its payload; and returns the code of its type.
 *
 * It throws a `TypeError` that names the place where the value can't be written.
 */
export declare function write(value: unknown, type: Type, types: Types, extended: boolean, where: string): Code;
/** Reads a payload; it throws when it is not valid for its code, or no value of the type. */
export declare function read(payload: Uint8Array, code: Code, type: Type, types: Types, extended: boolean, where: string): unknown;
