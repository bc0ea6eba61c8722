/** Values to payloads and back, by the types that are known of them. */
import { Writer } from "./cbor.js";
import { Code, type Type, type Types } from "./values.js";
export declare class Codec {
    #private;
    readonly types: Types;
    constructor(types?: Types);
    /**
     * Writes a value behind what is there already: its payload; and returns the code of its type.
     *
     * It throws a `TypeError` that names the place where the value can't be written.
     */
    write(value: unknown, type: Type, extended: boolean, writer: Writer, where: string): Code;
    /** Reads a payload; it throws a `TypeError` when it is not valid for its code, or no value of the type. */
    read(payload: Uint8Array, code: Code, type: Type, extended: boolean, where: string): unknown;
    /** A value that was read, as one of a type. */
    adapt(value: unknown, type: Type, where: string): unknown;
}
/** Reads a payload without a type. */
export declare function readAny(payload: Uint8Array, code: Code, extended: boolean): unknown;
