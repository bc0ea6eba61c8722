/** CBOR, as far as the wire has it, and no more. */
import { Code, Float } from "./values.js";
/** The text that bytes are; it throws where they are no UTF-8. */
export declare function text(bytes: Uint8Array): string;
/** Bytes that grow. */
export declare class Writer {
    #private;
    bytes: Uint8Array<ArrayBuffer>;
    at: number;
    room(more: number): number;
    u8(byte: number): void;
    u16(value: number): void;
    u32(value: number): void;
    raw(bytes: Uint8Array): void;
    /** Text in UTF-8; it throws where the text is no Unicode. */
    utf8(value: string): number;
    head(major: number, value: number | bigint): void;
    none(): void;
    bool(value: boolean): void;
    int(value: number | bigint): void;
    float(value: number): void;
    str(value: string): void;
    blob(value: Uint8Array): void;
    begin(code: Code, length: number, top: boolean): void;
    key(key: string | number | bigint): void;
    next(): void;
    end(): void;
}
/** Reads one item, which has to be all that is there: of a list, dict or tuple, as the code says. */
export declare function parse(bytes: Uint8Array, code: Code): unknown;
/** Floats are numbers, but for those that would be taken for ints when they are sent again. */
export declare const floating: (value: number) => number | Float;
/** Whether a number would be sent as an int. */
export declare const isInt: (value: unknown) => boolean;
export declare const tooLong: (value: bigint) => boolean;
/** An object of entries that no name of `Object`'s own can disturb. */
export declare function record(map: Iterable<[string, unknown]>): Record<string, unknown>;
