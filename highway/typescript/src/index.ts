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

import { CallError, ConnectError } from "./errors.js";
import type { PipeEnd } from "./pipe.js";
import { Session, type SessionOptions, type Transport } from "./session.js";
import type { Close, Connection, ConnectOptions, RouteSchema, Status, UntypedHandlers, WebSocketLike } from "./types.js";

export { CallError, ConnectError, Failure, type Kind } from "./errors.js";
export type * from "./types.js";
export { Float, Tuple, tuple, type Enum, type Struct, type Type, type Types, type Value } from "./values.js";

/** The bytes that wait before there is no room. */
const ROOM = 1048576;

/** The closes after which a client connects again, as those of Rust do. */
const AGAIN = [1001, 1006, 1011, 1012, 1013, 1014, 3003];

/** Milliseconds: the longest wait before an attempt, the longest that a server may ask for, and after which a connection counts as one that lasts. */
const LONGEST = 30000;
const MOST_TOLD = 600000;
const LASTS = 30000;

const warn = (warning: unknown): void => console.warn(warning);

/** A connection over a WebSocket. */
class Socket implements Transport {
  /** All who wait for room, in their order. */
  #room: Promise<void> | undefined;

  constructor(readonly socket: WebSocketLike) {}

  send(message: Uint8Array): void {
    this.socket.send(message as Uint8Array<ArrayBuffer>);
  }

  room(): Promise<void> | undefined {
    if (this.#room || this.socket.bufferedAmount < ROOM) return this.#room;
    // A browser tells of no change.
    const drained = (resolve: () => void): void => void (this.socket.bufferedAmount < ROOM / 2 ? ((this.#room = undefined), resolve()) : setTimeout(drained, 4, resolve));
    return (this.#room = new Promise(drained));
  }

  close(code: number, reason: string): void {
    try {
      this.socket.close(code, reason);
    } catch {
      // A browser closes with 1000 and from 3000 on only.
      this.socket.close(code === 1003 || code === 1009 ? 3003 : 3000, `${code} ${reason}`.trimEnd());
    }
  }
}

abstract class Base implements Connection<any, any> {
  abstract session: Session | undefined;
  abstract readonly status: Status;
  abstract readonly closed: Promise<Close>;
  readonly call: any;
  readonly send: any;
  readonly stream: any;

  constructor(readonly options: ConnectOptions) {
    const need = (route: string): Session => {
      if (!this.session) throw new CallError("closed", route, "there is no connection");
      return this.session;
    };
    this.call = this.#named(async (route, data, options) => need(route).call(route, data, options as object));
    this.send = this.#named(async (route, data) => need(route).message(route, data));
    this.stream = this.#named((route, data, options) => need(route).stream(route, data, options as object));
  }

  /** A function that takes a route's name, with a property for each route that is known, which knows it. */
  #named<T>(run: (route: string, data?: unknown, options?: unknown) => T): typeof run {
    for (const [key, { name, data }] of Object.entries<RouteSchema>(this.options.schema?.peer ?? {})) {
      const value = data === undefined ? (options: unknown) => run(name, undefined, options) : (data: unknown, options: unknown) => run(name, data, options);
      Object.defineProperty(run, key, { value });
    }
    return run;
  }

  get routes(): string[] {
    return this.session?.routes ?? [];
  }

  async pipe(id: number | bigint, handlers: UntypedHandlers = {}, options: ConnectOptions = {}): Promise<Connection<any, any>> {
    if (!this.session) throw new CallError("closed", `the pipe to ${id}`, "there is no connection");
    const end = await this.session.pipe(id);
    return new Promise((resolve, reject) => {
      void end.closed.then(({ code, reason }) => reject(new ConnectError(`the pipe was closed: ${code} ${reason}`.trimEnd(), code, reason)));
      const pipe: Piped = new Piped(options, end).run(true, handlers, () => resolve(pipe));
    });
  }

  abstract close(code?: number, reason?: string): void;
}

/** A connection over a pipe. */
class Piped extends Base {
  session: Session | undefined;
  status: Status = "open";
  readonly closed: Promise<Close>;

  constructor(
    options: ConnectOptions,
    readonly end: PipeEnd,
  ) {
    super(options);
    this.closed = end.closed;
    void end.closed.then(() => (this.status = "closed"));
  }

  run(opener: boolean, handlers: UntypedHandlers, ready: () => void = () => {}): this {
    this.session = new Session(this.end, opener, handlers, sessionOptions(this.options, () => this, ready));
    this.end.run(this.session);
    return this;
  }

  close(code = 1000, reason = ""): void {
    this.session?.fail(code, reason);
  }
}

function sessionOptions(options: ConnectOptions, connection: () => unknown, ready: () => void): SessionOptions {
  return { schema: options.schema, strict: options.strict, warn: options.onwarning ?? warn, missed: options.onmissed, connection, ready };
}

/** A connection to a server, and to it again. */
class Lasting extends Base {
  session: Session | undefined;
  status: Status = "connecting";
  readonly closed: Promise<Close>;
  #done!: (close: Close) => void;
  #socket: WebSocketLike | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #attempt = 0;
  #opened = 0;
  /** The page is left, and may be shown again. */
  #left = false;
  /** The first one is ready, or is not to be. */
  #first: { resolve(of: Connection<any, any>): void; reject(error: unknown): void } | undefined;

  constructor(
    readonly url: string,
    readonly handlers: UntypedHandlers,
    options: ConnectOptions,
  ) {
    super(options);
    this.closed = new Promise((resolve) => (this.#done = resolve));
    // What a page in the cache has open is dropped there.
    globalThis.addEventListener?.("pagehide", this.#leave);
    globalThis.addEventListener?.("pageshow", this.#comeBack);
  }

  first(): Promise<Connection<any, any>> {
    return new Promise((resolve, reject) => {
      this.#first = { resolve, reject };
      void this.#open();
    });
  }

  #leave = (): void => {
    if (this.status === "closed" || this.#left) return;
    this.#left = true;
    clearTimeout(this.#timer);
    this.#socket?.close(1000);
  };

  #comeBack = (): void => {
    if (!this.#left) return;
    this.#left = false;
    this.#attempt = 0;
    if (!this.#socket) void this.#open();
  };

  #set(status: Status, close?: Close): void {
    this.status = status;
    this.options.onstatus?.(status, close);
  }

  async #open(): Promise<void> {
    const { options } = this;
    const Class = options.WebSocket ?? (globalThis as { WebSocket?: ConnectOptions["WebSocket"] }).WebSocket;
    let socket: WebSocketLike;
    try {
      if (!Class) throw new TypeError("there is no global WebSocket: give one by the option WebSocket, such as that of the package ws");
      const protocols = typeof options.protocols === "function" ? await options.protocols() : options.protocols;
      if (this.status === "closed" || this.#left) return;
      socket = new Class(this.url, protocols);
    } catch (error) {
      return this.#end({ code: 1006, reason: (error as Error).message }, error);
    }
    this.#socket = socket;
    socket.binaryType = "arraybuffer";
    const ready = () => {
      this.session = session;
      this.#opened = Date.now();
      this.#set("open");
      this.#first?.resolve(this);
      this.#first = undefined;
    };
    const { pipe } = options;
    const accept =
      pipe &&
      ((introduction: unknown) => {
        const handlers = typeof pipe === "function" ? pipe(introduction as never) : pipe;
        return (end: PipeEnd) => new Piped({ onwarning: options.onwarning ?? warn }, end).run(false, handlers);
      });
    const session: Session = new Session(new Socket(socket), true, this.handlers, { ...sessionOptions(options, () => this, ready), accept });
    let failed = "";
    socket.onmessage = ({ data }: { data: unknown }) => {
      if (data instanceof ArrayBuffer) session.receive(new Uint8Array(data));
      else session.fail(1003, "highway has binary messages only");
    };
    socket.onerror = (event: { message?: string }) => (failed = event.message ?? "");
    socket.onclose = ({ code, reason }: { code: number; reason: string }) => {
      this.#socket = undefined;
      this.session = undefined;
      session.end(code, reason);
      this.#lost({ code, reason: reason || failed });
    };
  }

  #lost(close: Close): void {
    if (this.status === "closed") return;
    if (this.#left) return this.#set("reconnecting", close);
    const wasFirst = this.#first;
    const again = this.options.reconnect !== false && AGAIN.includes(close.code) && (!wasFirst || this.options.waitForServer);
    if (!again) return this.#end(close);
    if (this.#opened && Date.now() - this.#opened > LASTS) this.#attempt = 0;
    this.#opened = 0;
    const spread = Math.random() * Math.min(LONGEST, 500 * 2 ** this.#attempt++);
    const told = close.code === 1001 ? /^shutting down; retry in (\d{1,9}) ms$/.exec(close.reason)?.[1] : undefined;
    const delay = told === undefined ? spread : Math.min(Number(told), MOST_TOLD);
    this.#set("reconnecting", close);
    this.#timer = setTimeout(() => void this.#open(), delay);
  }

  #end(close: Close, error?: unknown): void {
    if (this.status === "closed") return;
    clearTimeout(this.#timer);
    globalThis.removeEventListener?.("pagehide", this.#leave);
    globalThis.removeEventListener?.("pageshow", this.#comeBack);
    this.#set("closed", close);
    const { code, reason } = close;
    this.#first?.reject(error ?? new ConnectError(`no connection to ${this.url}: ${code} ${reason}`.trimEnd(), code, reason));
    this.#first = undefined;
    this.#done(close);
  }

  close(code = 1000, reason = ""): void {
    const socket = this.#socket;
    this.session?.end(code, reason);
    this.session = undefined;
    this.#end({ code, reason });
    if (socket) new Socket(socket).close(code, reason);
  }
}

/**
 * Connects to a server, and resolves once both sides know each other's routes.
 *
 * @param handlers functions by the names of the routes that this client serves.
 * @throws {ConnectError} when there is no connection.
 */
export function connect(url: string | URL, handlers: UntypedHandlers = {}, options: ConnectOptions = {}): Promise<Connection<any, any>> {
  return new Lasting(String(url), handlers, options).first();
}
