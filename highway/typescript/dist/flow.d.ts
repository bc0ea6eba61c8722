/** Items under way, in both directions, held back by credit. */
import type { Incoming } from "./types.js";
/** The bytes of items that may wait for their reader. */
export declare const WINDOW = 262144;
/** Credit that was granted, and is renewed as what came is taken. */
export declare class Window {
    #private;
    readonly grant: (credit: number) => void;
    constructor(grant: (credit: number) => void, opened?: boolean);
    /** Takes note of a message; false where it has no credit. */
    arrived(cost: number): boolean;
    taken(cost: number): void;
}
/** Credit that the peer granted, and what waits for it. */
export declare class Credit {
    #private;
    left: number;
    /** False where it is more than there may be. */
    add(credit: number): boolean;
    wake(): void;
    /** Done at the next change. */
    change(): Promise<void>;
}
/** Items that arrive. */
export declare class Inlet implements Incoming<any> {
    #private;
    readonly window: Window;
    readonly cancelled: () => void;
    constructor(window: Window, cancelled: () => void);
    push(value: unknown, cost: number): void;
    end(error?: unknown): void;
    next(): Promise<IteratorResult<any, undefined>>;
    cancel(): void;
    return(): Promise<IteratorResult<any, undefined>>;
    [Symbol.asyncIterator](): this;
}
/** Sends the items of a source as the peer takes them. */
export declare class Outlet {
    #private;
    readonly source: AsyncIterable<unknown> | Iterable<unknown>;
    readonly credit: Credit;
    readonly out: {
        /** Sends one and returns its cost. */
        item(value: unknown): number;
        end(): void;
        failed(error: unknown): void;
    };
    constructor(source: AsyncIterable<unknown> | Iterable<unknown>, credit: Credit, out: {
        /** Sends one and returns its cost. */
        item(value: unknown): number;
        end(): void;
        failed(error: unknown): void;
    });
    stop(): void;
}
