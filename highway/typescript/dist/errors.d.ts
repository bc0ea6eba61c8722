/** Why something failed, as a program can tell apart. */
/**
 * What came of a call, a stream or a pipe:
 *
 * - `refused`: the route returned an error; `code` and `data` are what it said.
 * - `convert`: the route does not take the data; `shape`: one side uses a stream where the other does not.
 * - `internal`: the route broke; `busy`: the peer has as many open as it accepts; `cancelled`: the peer gave it up.
 * - `reply`: the answer is of another type than is expected here; `pipe`: there is no such connection, or it takes no pipes.
 * - `timeout`: no answer came in time; `closed`: the connection ended first, and the call may have been served.
 * - `unsupported`: the peer has no calls, as it does not speak the extension; `no-route`: it has no such route.
 * - `full`: more than 64 MiB wait to be sent, and nothing was: what sends is to be awaited.
 * - `contract`: the peer's types of the route differ, and nothing was sent.
 */
export type Kind = "refused" | "convert" | "shape" | "internal" | "busy" | "cancelled" | "reply" | "pipe" | "timeout" | "closed" | "unsupported" | "no-route" | "full" | "contract";
/** A call, a stream, a message or a pipe that failed. */
export declare class CallError extends Error {
    /** What came of it. */
    readonly kind: Kind;
    /** The route, or what stands for it. */
    readonly route: string;
    /** The text by which a program can distinguish refusals; empty where there is none. */
    readonly code: string;
    /** What the route says besides. */
    readonly data?: unknown | undefined;
    readonly name = "CallError";
    constructor(
    /** What came of it. */
    kind: Kind, 
    /** The route, or what stands for it. */
    route: string, message: string, 
    /** The text by which a program can distinguish refusals; empty where there is none. */
    code?: string, 
    /** What the route says besides. */
    data?: unknown | undefined);
}
/** What a handler throws to refuse: its caller gets the message, the code and the data. */
export declare class Failure extends Error {
    readonly name = "Failure";
    readonly code: string | undefined;
    readonly data: unknown;
    constructor(message: string, options?: {
        readonly code?: string;
        readonly data?: unknown;
    });
}
/** No connection came to be, or it ended. */
export declare class ConnectError extends Error {
    /** The code of the close; 1006 where there was none. */
    readonly code: number;
    readonly reason: string;
    readonly name = "ConnectError";
    constructor(message: string, 
    /** The code of the close; 1006 where there was none. */
    code: number, reason: string);
}
