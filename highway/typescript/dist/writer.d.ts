/** Values to payloads, in one pass, by the types that are known of them. */
import { Code, type Type } from "./values.js";
/** What a function writes. It may be in the middle of something else, such as in a getter that sends. */
export declare function written(write: () => void): Uint8Array;
export declare function u8(byte: number): void;
export declare function u32(value: number): void;
export declare function raw(given: Uint8Array): void;
export declare function utf8(text: string): void;
/**
 * Writes a value: its payload; and returns the code of its type.
 *
 * It throws a `TypeError` that names the place where the value can't be written.
 */
export declare function write(value: unknown, type: Type): Code;
