/** The types that generated code names, and those of the interface. They leave nothing behind in JavaScript. */
import type { CallError } from "./errors.js";
import type { Type, Types, Value } from "./values.js";
declare const kind: unique symbol;
/** A route that returns nothing. */
export interface Message<Data> {
    readonly [kind]: "message";
    readonly data: Data;
}
/** A route that returns a value, and may refuse with an error of a type of its own. */
export interface Call<Data, Reply, Err = never> {
    readonly [kind]: "call";
    readonly data: Data;
    readonly reply: Reply;
    readonly error: Err;
}
/** A route that returns items. */
export interface Stream<Data, Item, Err = never> {
    readonly [kind]: "stream";
    readonly data: Data;
    readonly item: Item;
    readonly error: Err;
}
/** Items that a route takes: what is given is read no faster than the peer takes it. */
export type Items<T> = AsyncIterable<T> | Iterable<T>;
/** One route of a {@link Schema}. */
export interface RouteSchema {
    /** The name on the wire. */
    readonly name: string;
    readonly data?: Type;
    readonly reply?: Type;
    readonly error?: Type;
}
/** What generated code knows of the routes of both sides, by the names that they have in the program. */
export interface Schema {
    /** The routes of this side. */
    readonly serves?: {
        readonly [route: string]: RouteSchema;
    };
    /** The routes of the peer. */
    readonly peer?: {
        readonly [route: string]: RouteSchema;
    };
    readonly types?: Types;
}
/** Of one call. */
export interface CallOptions {
    /** Milliseconds that the answer may take: 30,000 unless it says otherwise; 0 for any time. */
    readonly timeout?: number;
    /** Gives the call up, at the peer too. */
    readonly signal?: AbortSignal;
}
/** Of one stream. */
export interface StreamOptions {
    /** Ends the stream, at the peer too. */
    readonly signal?: AbortSignal;
}
/** Items that come from the peer. Leaving the loop ends the stream there. */
export interface Incoming<Item> extends AsyncIterableIterator<Item, undefined> {
    /** Ends the stream, at the peer too. */
    cancel(): void;
}
/** How a connection is. */
export type Status = "connecting" | "open" | "reconnecting" | "closed";
/** How a connection ended. */
export interface Close {
    readonly code: number;
    readonly reason: string;
}
/** The part of the browser's `WebSocket` that is used. */
export interface WebSocketLike {
    binaryType: string;
    readonly bufferedAmount: number;
    onopen: ((event: never) => void) | null;
    onmessage: ((event: never) => void) | null;
    onclose: ((event: never) => void) | null;
    onerror: ((event: never) => void) | null;
    send(data: Uint8Array<ArrayBuffer>): void;
    close(code?: number, reason?: string): void;
}
/** Of a connection. */
export interface ConnectOptions {
    /** What generated code knows of the routes. */
    readonly schema?: Schema;
    /** Whether to connect again when the connection is lost (default: true). */
    readonly reconnect?: boolean;
    /** Whether the first attempt is followed by others too (default: false: `connect` rejects). */
    readonly waitForServer?: boolean;
    /** WebSocket subprotocols to offer, such as for a token. Where it is a function, it is asked before each attempt. */
    readonly protocols?: string | string[] | (() => string | string[] | Promise<string | string[]>);
    /** The class to connect with (default: the global `WebSocket`), such as that of the package `ws` on Node 20. */
    readonly WebSocket?: new (url: string, protocols?: string | string[]) => WebSocketLike;
    /** Refuse a peer whose types differ, with the code 3004 (default: false: the routes at fault fail). */
    readonly strict?: boolean;
    /** Handlers for what other clients send over pipes to this one (default: none, and no pipes are accepted). */
    readonly pipe?: UntypedHandlers | ((introduction: Value) => UntypedHandlers);
    /** Called at each change of the status, with what ended the connection. */
    readonly onstatus?: (status: Status, close?: Close) => void;
    /** Called when the server dropped broadcasts for this client, with their number. */
    readonly onmissed?: (count: number) => void;
    /** Called with what is not the program's fault and concerns no call: a message that can't be read, a handler that threw (default: `console.warn`). */
    readonly onwarning?: (warning: unknown) => void;
}
/** What a handler gets besides. */
export interface HandlerContext {
    /** Aborts when the caller of a call or a stream has given it up, or its connection is over. */
    readonly signal: AbortSignal;
}
/** What serves a route. It returns nothing, a value, or items; or throws a `Failure`. */
export type UntypedHandler = (data: any, connection: Connection<any, any>, context: HandlerContext) => unknown;
/** Functions by the names of routes. */
export type UntypedHandlers = {
    readonly [route: string]: UntypedHandler;
};
type Given<Data> = [Data] extends [void] ? [] : [data: Data];
type Names<Routes, Kind> = {
    [Route in keyof Routes]: Routes[Route] extends {
        readonly [kind]: Kind;
    } ? Route : never;
}[keyof Routes];
/** The routes of a kind, with their documentation. */
type Of<Routes, Kind> = Pick<Routes, Names<Routes, Kind>>;
/** `connection.call`: by name, and with a property for each route that is known. */
export type Calls<Routes> = {
    (route: string, data?: unknown, options?: CallOptions): Promise<any>;
} & {
    readonly [Route in keyof Of<Routes, "call">]: Routes[Route] extends Call<infer Data, infer Reply, unknown> ? (...given: [...Given<Data>, options?: CallOptions]) => Promise<Reply> : never;
};
/** `connection.send`. */
export type Sends<Routes> = {
    (route: string, data?: unknown): Promise<void>;
} & {
    readonly [Route in keyof Of<Routes, "message" | "call">]: Routes[Route] extends {
        readonly data: infer Data;
    } ? (...given: Given<Data>) => Promise<void> : never;
};
/** `connection.stream`. */
export type Streams<Routes> = {
    (route: string, data?: unknown, options?: StreamOptions): Incoming<any>;
} & {
    readonly [Route in keyof Of<Routes, "stream">]: Routes[Route] extends Stream<infer Data, infer Item, unknown> ? (...given: [...Given<Data>, options?: StreamOptions]) => Incoming<Item> : never;
};
/** The functions that serve the routes of a client. */
export type Handlers<Serves, Peer> = {
    readonly [Route in keyof Serves]: Serves[Route] extends Stream<infer Data, infer Item, unknown> ? (data: Data, connection: Connection<Peer, Serves>, context: HandlerContext) => Items<Item> | Promise<Items<Item>> : Serves[Route] extends Call<infer Data, infer Reply, unknown> ? (data: Data, connection: Connection<Peer, Serves>, context: HandlerContext) => Reply | Promise<Reply> : Serves[Route] extends Message<infer Data> ? (data: Data, connection: Connection<Peer, Serves>, context: HandlerContext) => void | Promise<void> : never;
};
/** A connection: to a server, or over a pipe to another client of it. It stays the same while a client connects again. */
export interface Connection<Peer = {}, Serves = {}> {
    /** Calls a route. It rejects with a {@link CallError}, or a `TypeError` where the data can't be sent. */
    readonly call: Calls<Peer>;
    /** Sends a message. It resolves when the socket has it, and waits while that has no room. */
    readonly send: Sends<Peer>;
    /** Opens a stream. */
    readonly stream: Streams<Peer>;
    /** Opens a pipe to another client, by its number at the server. */
    pipe(id: number | bigint, handlers?: UntypedHandlers, options?: Pick<ConnectOptions, "schema" | "onwarning">): Promise<Connection<any, any>>;
    readonly status: Status;
    /** The routes that the peer has. */
    readonly routes: readonly string[];
    /** How the connection ended, for good. */
    readonly closed: Promise<Close>;
    /** Ends the connection (1000), and does not connect again. */
    close(code?: number, reason?: string): void;
}
export type { CallError };
