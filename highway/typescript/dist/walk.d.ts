/** The way through the value that is being read or written, by which errors name the place. There is one, as both are done at once. */
import { type Enum, type Struct, type Type, type Types } from "./values.js";
/** The keys and the positions of what is around the present value. */
export declare let path: unknown[];
/** Begins to read or write a value. */
export declare function begin(known: Types, name: string, way?: unknown[]): void;
/** Runs what may read and write other values, in the middle of one. */
export declare function apart<T>(run: () => T): T;
export declare function fail(why: string): never;
export declare function refuse(type: Type, value: unknown): never;
/** Goes to an entry of a dict, whose keys are of one kind: the one before, or none yet. */
export declare function enter(depth: number, key: unknown, before: string): string;
/** The number of values around what is inside of the present one. */
export declare const deeper: () => number;
/** What is known of a type that is no word. */
interface Parts {
    list?: Type;
    tuple?: readonly Type[];
    dict?: readonly [Type, Type];
    struct?: Struct;
    variants?: Enum["variants"];
    /** Nothing is known. */
    any?: boolean;
}
export declare function named(type: Type): Parts;
/** Those that the types name are found by it. */
export declare const find: <T extends {
    readonly name: string;
}>(of: readonly T[], name: unknown) => T | undefined;
export declare const variant: (variants: Enum["variants"], name: unknown) => {
    readonly type?: Type;
};
export {};
