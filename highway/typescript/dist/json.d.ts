/** JSON as highway.py has it, in which ints and floats are told apart. */
import { Code } from "./values.js";
export declare function fromJson(text: string, code: Code): unknown;
export declare function toJson(value: unknown): string;
