/** An end of a pipe, which is a transport for a connection of its own. */
import { Credit, type Window } from "./flow.js";
import type { Session, Transport } from "./session.js";
import type { Close } from "./types.js";
export declare class PipeEnd implements Transport {
    #private;
    readonly window: Window;
    /** Sends a piece and returns its cost. */
    readonly out: (piece: Uint8Array, last: boolean) => number;
    readonly hangUp: (code: number, reason: string) => void;
    isOpen: boolean;
    readonly credit: Credit;
    readonly closed: Promise<Close>;
    constructor(window: Window, 
    /** Sends a piece and returns its cost. */
    out: (piece: Uint8Array, last: boolean) => number, hangUp: (code: number, reason: string) => void);
    run(session: Session): void;
    send(message: Uint8Array): void;
    flush(): void;
    room(): Promise<void> | undefined;
    piece(piece: Uint8Array, last: boolean, cost: number): void;
    close(code: number, reason: string): void;
    hungUp(code: number, reason: string): void;
}
