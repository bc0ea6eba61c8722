/** Items under way, in both directions, held back by credit. */
import type { Incoming, RouteSchema } from "./types.js";
import { type Type } from "./values.js";
/** The bytes of items that may wait for their reader. */
export declare const WINDOW = 262144;
/** A call, a stream or a pipe of either side. */
export declare class Conversation {
    #private;
    readonly id: number;
    readonly ours: boolean;
    readonly kind: number;
    readonly route: RouteSchema;
    /** Grants credit for what comes. */
    readonly grant: (of: Conversation, credit: number) => void;
    /** What is done with the answer. */
    resolve: (value: unknown) => void;
    reject: (error: unknown) => void;
    /** Looks no longer at the signal of who called. */
    leave: (() => void) | undefined;
    /** When the answer comes too late, in milliseconds. */
    deadline: number;
    timeout: number;
    /** The items that come, of a type. */
    inlet: Inlet | undefined;
    type: Type;
    /** How many bytes of them the peer may still send, and how many were taken since. */
    left: number;
    taken: number;
    /** How many bytes of items the peer takes. */
    credit: number;
    wake: () => void;
    /** Stops the items that go; nothing where none go. */
    stop: (() => void) | undefined;
    pipe: Piece | undefined;
    over: boolean;
    constructor(id: number, ours: boolean, kind: number, route: RouteSchema, 
    /** Grants credit for what comes. */
    grant: (of: Conversation, credit: number) => void);
    settle(error: unknown, value?: unknown): void;
    /** What the route's function gets, which seldom asks for it. */
    get signal(): AbortSignal;
    /** No one waits any more for what the route's function does. */
    abort(why: unknown): void;
    /** Takes note of a message; false where it has no credit. */
    arrived(cost: number): boolean;
    /** Takes note that a message was read, and lets the peer send as much anew. */
    took(cost: number): void;
}
/** What takes the pieces of a pipe. */
export type Piece = (piece: Uint8Array, isLast: boolean) => void;
export interface Source {
    [Symbol.asyncIterator]?(): AsyncIterator<unknown>;
    [Symbol.iterator]?(): Iterator<unknown>;
}
/** Whether a value is items, and no list of them. */
export declare const isItems: (value: unknown) => value is Source;
export declare const iterate: (source: any) => AsyncIterator<unknown> | Iterator<unknown>;
type Result = IteratorResult<any, undefined>;
/** Items that arrive. */
export declare class Inlet implements Incoming<any> {
    #private;
    readonly of: Conversation | undefined;
    /** The reader leaves. */
    readonly left: () => void;
    /** Called before the first is read. */
    begin?: (() => void) | undefined;
    constructor(of: Conversation | undefined, 
    /** The reader leaves. */
    left: () => void, 
    /** Called before the first is read. */
    begin?: (() => void) | undefined);
    push(value: unknown, cost: number): void;
    end(error?: unknown): void;
    next(): Promise<Result>;
    cancel(error?: unknown): void;
    return(): Promise<Result>;
    [Symbol.asyncIterator](): this;
}
export {};
