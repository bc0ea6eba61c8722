/** What both sides tell each other of their types, and where those differ. */
import { type Type, type Types } from "./values.js";
/** A type as the contract has it: a text, or an object with one key. */
type Told = string | {
    readonly [word: string]: unknown;
};
export declare function toContract(type: Type, types: Types, around?: readonly string[]): Told;
/** Whether some value that is sent as the one can be read as the other. The rules are those of the peers in Rust. */
export declare function readable(sent: unknown, read: unknown): boolean;
export {};
