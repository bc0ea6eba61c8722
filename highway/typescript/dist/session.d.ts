/** One connection: what is said on it, whatever it runs over. */
import { Inlet } from "./flow.js";
import { PipeEnd } from "./pipe.js";
import type { CallOptions, Schema, StreamOptions, UntypedHandlers } from "./types.js";
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
    /** Done when there is room; nothing where there is. */
    room(): Promise<void> | undefined;
}
export interface SessionOptions {
    readonly schema?: Schema | undefined;
    readonly strict?: boolean | undefined;
    readonly warn: (warning: unknown) => void;
    readonly missed?: ((count: number) => void) | undefined;
    /** What takes a pipe, once it is open; nothing where none is accepted. */
    readonly accept?: ((introduction: unknown) => (end: PipeEnd) => void) | undefined;
    /** The connection that handlers get. */
    readonly connection: () => unknown;
    readonly ready: () => void;
}
export declare class Session {
    #private;
    readonly transport: Transport;
    readonly isClient: boolean;
    readonly options: SessionOptions;
    constructor(transport: Transport, isClient: boolean, handlers: UntypedHandlers, options: SessionOptions);
    get routes(): string[];
    receive(message: Uint8Array): void;
    /** Closes because of the peer's fault. */
    fail(code: number, reason: string): void;
    /** The connection is over. */
    end(code: number, reason: string): void;
    message(name: string, data: unknown): Promise<void>;
    call(name: string, data: unknown, { timeout, signal }?: CallOptions): Promise<unknown>;
    stream(name: string, data: unknown, { signal }?: StreamOptions): Inlet;
    pipe(to: number | bigint): Promise<PipeEnd>;
}
