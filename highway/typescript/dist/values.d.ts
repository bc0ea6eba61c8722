/** Values that JavaScript has no type of its own for. */
/** A float that is whole, such as `1.0`, where no generated type says that it is a float. It is a number in calculations. */
export declare class Float extends Number {
}
/** A tuple, where no generated type says so; it is an array otherwise. Make one with {@link tuple}. */
export declare class Tuple<T = Value> extends Array<T> {
}
/** Makes a tuple: `tuple(1, "two")`. */
export declare function tuple<T extends readonly unknown[]>(...items: T): Tuple<T[number]>;
/**
 * What can be sent and received without generated types. A number that is a safe integer is an int, every other one a float; a `bigint` is an
 * int of any size. Arrays are lists; maps, and objects with text keys, are dicts.
 */
export type Value = null | boolean | number | bigint | string | Uint8Array | Float | readonly Value[] | ReadonlyMap<string, Value> | ReadonlyMap<number | bigint, Value> | {
    readonly [key: string]: Value;
};
/** A type, in the words of the description. */
export type Type = string | {
    readonly list: Type;
} | {
    readonly tuple: readonly Type[];
} | {
    readonly dict: readonly [Type, Type];
} | {
    readonly option: Type;
} | {
    readonly stream: Type;
} | {
    readonly struct: Struct;
} | {
    readonly type: string;
};
/** A struct of fields by their names. */
export declare const struct: (fields: Record<string, Type>) => Type;
export interface Struct {
    readonly name?: string;
    readonly fields: readonly {
        readonly name: string;
        readonly type: Type;
        readonly required: boolean;
    }[];
}
export interface Enum {
    readonly name?: string;
    readonly variants: readonly {
        readonly name: string;
        readonly type?: Type;
    }[];
}
/** The structs and enums by name. */
export type Types = {
    readonly [name: string]: {
        readonly struct: Struct;
    } | {
        readonly enum: Enum;
    };
};
/** The code of a value's type in a message's header. */
export declare const enum Code {
    Str = 0,
    Int = 1,
    Float = 2,
    Bool = 3,
    List = 4,
    Dict = 5,
    Tuple = 6,
    Bytes = 7,
    None = 8,
    Stream = 9
}
export declare const isObject: (value: unknown) => value is Record<string, unknown>;
/** Whether a number would be sent as an int. */
export declare const isInt: (value: unknown) => value is number;
/** Floats are numbers, but for those that would be taken for ints when they are sent again. */
export declare const floating: (value: number) => number | Float;
/** Whether an int is one of its type's. */
export declare function fits(value: number | bigint, type: string): boolean;
/** Sets an entry, whatever its name is. */
export declare function set(object: object, key: string, value: unknown): void;
/** An object of entries that no name of `Object`'s own can disturb. */
export declare function record(entries: Iterable<[string, unknown]>): Record<string, unknown>;
