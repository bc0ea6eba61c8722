/**
 * Client of highway: messages, calls, streams and pipes over a WebSocket, with types that stay.
 *
 * ```ts
 * import { connect } from "highway-ws";
 *
 * const chat = await connect("wss://example.org/chat", {
 *   said(line) { console.log(line); },          // what this client serves
 * });
 * const names = await chat.call("join", "lobby");
 * await chat.send("say", "hi");
 * for await (const n of chat.stream("count", 10)) { … }
 * ```
 *
 * @module
 */
import type { Connection, ConnectOptions, UntypedHandlers } from "./types.js";
export { CallError, ConnectError, Failure, type Kind } from "./errors.js";
export type * from "./types.js";
export { Float, Tuple, tuple, type Enum, type Struct, type Type, type Types, type Value } from "./values.js";
/**
 * Connects to a server, and resolves once both sides know each other's routes.
 *
 * @param handlers functions by the names of the routes that this client serves.
 * @throws {ConnectError} when there is no connection.
 */
export declare function connect(url: string | URL, handlers?: UntypedHandlers, options?: ConnectOptions): Promise<Connection<any, any>>;
