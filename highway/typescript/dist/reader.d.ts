/** Payloads to values, in one pass, by the types that are known of them. */
import { Code, type Type, type Types, Walk } from "./values.js";
/** The text that bytes are; it throws where they are no UTF-8. */
export declare function text(bytes: Uint8Array): string;
export declare class Reader extends Walk {
    #private;
    readonly bytes: Uint8Array;
    constructor(bytes: Uint8Array, types: Types, where: string);
    /** Reads the payload; it throws when it is not valid for its code, or no value of the type. */
    read(type: Type, code: Code): unknown;
}
