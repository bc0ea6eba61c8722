/** One connection: what is said on it, whatever it runs over. */
import { Inlet } from "./flow.js";
import type { CallOptions, ConnectOptions, UntypedHandlers } from "./types.js";
export declare const enum Kind {
    Message = 0,
    Call = 1,
    Reply = 2,
    Failure = 3,
    Cancel = 4,
    Stream = 5,
    Item = 6,
    End = 7,
    Credit = 8,
    Pipe = 9,
    Piped = 10,
    Piece = 11,
    LastPiece = 12,
    HangUp = 13,
    Contract = 14,
    Missed = 15
}
/** What a connection runs over. */
export interface Transport {
    send(message: Uint8Array): void;
    close(code: number, reason: string): void;
    /** Whether there is room for more. */
    hasRoom(): boolean;
}
/** What a session is part of. */
export interface Owner {
    /** The connection that handlers get. */
    readonly connection: unknown;
    readonly options: ConnectOptions;
    ready(): void;
    warn(warning: unknown): void;
    /** The session is over. */
    ended(code: number, reason: string): void;
    /** Runs what goes over an accepted pipe. */
    accept?(handlers: UntypedHandlers, transport: Transport): Session;
}
export declare class Session {
    #private;
    readonly transport: Transport;
    readonly isClient: boolean;
    readonly owner: Owner;
    constructor(transport: Transport, isClient: boolean, handlers: UntypedHandlers, owner: Owner);
    get routes(): string[];
    receive(message: Uint8Array): void;
    close(code: number, reason: string): void;
    /** The connection is over. */
    end(code: number, reason: string): void;
    message(name: string, data: unknown): Promise<void> | undefined;
    call(name: string, data: unknown, { timeout, signal }?: CallOptions): Promise<unknown>;
    stream(name: string, data: unknown, { signal }?: Pick<CallOptions, "signal">): Inlet;
    /** Asks for a pipe, and gives what runs over it. */
    pipe(to: number | bigint, run: (transport: Transport) => Session): Promise<Session>;
}
