/** Payloads to values, in one pass, by the types that are known of them. */
import { Code, type Type } from "./values.js";
/** The text that bytes are; it throws where they are no UTF-8. */
export declare function text(bytes: Uint8Array, from?: number, to?: number): string;
/** Reads a payload; it throws when it is not valid for its code, or no value of the type. */
export declare function read(payload: Uint8Array, type: Type, code: Code): unknown;
export declare function join(parts: readonly Uint8Array[]): Uint8Array;
