/** JSON as highway.py has it, in which ints and floats are told apart. */
import { Code } from "./values.js";
/** Writes what {@link Writer} writes, as JSON. Tuples become lists within another value, as highway.py does it. */
export declare class JsonWriter {
    #private;
    text: string;
    none(): void;
    bool(value: boolean): void;
    int(value: number | bigint): void;
    float(value: number): void;
    str(value: string): void;
    blob(): void;
    begin(code: Code): void;
    key(key: string | number | bigint): void;
    next(): void;
    end(): void;
}
/** Reads JSON. `JSON.parse` would make ints of floats, and other numbers of large ints. */
export declare function parseJson(text: string): unknown;
