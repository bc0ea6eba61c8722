/** Values to payloads, in one pass, by the types that are known of them. */
import { Code, type Type, type Types, Walk } from "./values.js";
/** Bytes that grow. */
export declare class Writer extends Walk {
    #private;
    bytes: Uint8Array<ArrayBuffer>;
    at: number;
    /** The code of the whole payload. */
    code: Code;
    u8(byte: number): void;
    u16(value: number): void;
    u32(value: number): void;
    raw(bytes: Uint8Array): void;
    utf8(text: string): void;
    /**
     * Writes a value behind what is there already: its payload; and returns the code of its type.
     *
     * It throws a `TypeError` that names the place where the value can't be written.
     */
    write(value: unknown, type: Type, types: Types, where: string): Code;
}
