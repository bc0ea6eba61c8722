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
import { type Owner, Session, type Transport } from "./session.js";
import type { CallOptions, Close, Connection, ConnectOptions, RouteSchema, Status, UntypedHandlers, WebSocketLike } from "./types.js";

export { CallError, ConnectError, Failure, type Kind } from "./errors.js";
export type * from "./types.js";
export { Float, Tuple, tuple, type Enum, type Struct, type Type, type Types, type Value } from "./values.js";

/** The bytes that wait before there is no room. */
const ROOM = 1048576;

/** The closes after which a client connects again, as those of Rust do. */
const AGAIN = [1001, 1006, 1011, 1012, 1013, 1014, 3003];

/** Milliseconds: the longest wait before an attempt, and the time after which a connection counts as one that lasts; the longest that a server may ask for. */
const LONGEST = 30000;
const MOST_TOLD = 600000;

const absent = (what: string): CallError => new CallError("closed", what, "there is no connection");

/** A connection, whatever it runs over. */
class Base implements Connection<any, any>, Owner {
  session: Session | undefined;
  /** What handlers get, also from what is made of this for one socket. */
  readonly connection = this;
  status: Status = "connecting";
  ready: () => void = () => {};
  ended: (code: number, reason: string) => void = () => {};
  readonly closed: Promise<Close>;
  readonly call: any;
  readonly send: any;
  readonly stream: any;
  protected done!: (close: Close) => void;

  constructor(readonly options: ConnectOptions) {
    this.closed = new Promise((resolve) => (this.done = resolve));
    // Without a promise around the promise.
    this.call = this.#named((route, data, options) => this.session?.call(route, data, options) ?? Promise.reject(absent(route)));
    this.send = this.#named(async (route, data) => this.#need(route).message(route, data));
    this.stream = this.#named((route, data, options) => this.#need(route).stream(route, data, options));
  }

  #need(route: string): Session {
    if (!this.session) throw absent(route);
    return this.session;
  }

  /** A function that takes a route's name, with a property for each route that is known, which knows it. */
  #named<T>(run: (route: string, data?: unknown, options?: CallOptions) => T): typeof run {
    for (const [key, { name, data }] of Object.entries<RouteSchema>(this.options.schema?.peer ?? {}))
      Object.defineProperty(run, key, { value: (...given: [unknown, CallOptions?]) => (data === undefined ? run(name, undefined, given[0] as CallOptions) : run(name, ...given)) });
    return run;
  }

  get routes(): string[] {
    return this.session?.routes ?? [];
  }

  warn(warning: unknown): void {
    (this.options.onwarning ?? console.warn)(warning);
  }

  async pipe(id: number | bigint, handlers: UntypedHandlers = {}, options: ConnectOptions = {}): Promise<Connection<any, any>> {
    const pipe = new Base(options);
    const closed = pipe.closed.then(({ code, reason }) => {
      throw failed("the pipe", code, reason);
    });
    const isReady = new Promise<void>((resolve) => (pipe.ready = resolve));
    await this.#need(`the pipe to ${id}`).pipe(id, (transport) => pipe.runs(transport, true, handlers));
    await Promise.race([closed, isReady]);
    closed.catch(() => {});
    return pipe;
  }

  /** Runs over a pipe. */
  runs(transport: Transport, isOpener: boolean, handlers: UntypedHandlers): Session {
    this.status = "open";
    this.ended = (code, reason) => {
      this.status = "closed";
      this.done({ code, reason });
    };
    return (this.session = new Session(transport, isOpener, handlers, this));
  }

  close(code = 1000, reason = ""): void {
    this.session?.close(code, reason);
  }
}

const failed = (what: string, code: number, reason: string): ConnectError => new ConnectError(`${what} was closed: ${code} ${reason}`, code, reason);

/** A connection to a server, and to it again. */
class Lasting extends Base {
  #socket: WebSocketLike | undefined;
  /** Closes the socket, and takes it for closed at once. */
  #drop: (() => void) | undefined;
  /** Counts what was opened, of which only the last goes on. */
  #round = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #attempt = 0;
  #opened = 0;
  /** The page is left, and may be shown again. */
  #left = false;

  constructor(
    readonly url: string,
    readonly handlers: UntypedHandlers,
    options: ConnectOptions,
    /** The first one is ready, or is not to be. */
    public first: ((of: unknown, error?: unknown) => void) | undefined,
  ) {
    super(options);
    // What a page in the cache has open is dropped there.
    globalThis.addEventListener?.("pagehide", this.#leave);
    globalThis.addEventListener?.("pageshow", this.#comeBack);
    void this.#open();
  }

  #leave = (): void => {
    this.#left = true;
    clearTimeout(this.#timer);
    // The page may be frozen before the socket has closed, so that nothing waits for it.
    this.#drop?.();
  };

  #comeBack = (): void => {
    if (!this.#left) return;
    this.#left = false;
    this.#attempt = 0;
    void this.#open();
  };

  #set(status: Status, close?: Close): void {
    this.status = status;
    this.options.onstatus?.(status, close);
  }

  async #open(): Promise<void> {
    const { options } = this;
    const round = ++this.#round;
    const Class = options.WebSocket ?? (globalThis as { WebSocket?: ConnectOptions["WebSocket"] }).WebSocket;
    let socket: WebSocketLike;
    try {
      if (!Class) throw new TypeError("there is no global WebSocket: give one by the option WebSocket");
      const { protocols } = options;
      const offered = typeof protocols === "function" ? await protocols() : protocols;
      if (this.status === "closed" || this.#left || round !== this.#round) return;
      socket = new Class(this.url, offered);
    } catch (error) {
      return this.#end({ code: 1006, reason: (error as Error).message }, error);
    }
    this.#socket = socket;
    // The package ws copies what it gives otherwise.
    socket.binaryType = "on" in socket ? "nodebuffer" : "arraybuffer";
    let failure = "";
    let isCorked = false;
    const over = (told: Close) => {
      if (this.#socket !== socket) return;
      this.#socket = this.session = this.#drop = undefined;
      this.#lost(told);
    };
    const owner: Owner = Object.create(this, {
      ready: {
        value: () => {
          this.session = session;
          this.#opened = Date.now();
          this.#set("open");
          this.first?.(this);
          this.first = undefined;
        },
      },
      accept: { value: (handlers: UntypedHandlers, transport: Transport) => new Base({ onwarning: (warning) => this.warn(warning) }).runs(transport, false, handlers) },
      ended: { value: (code: number, reason: string) => over({ code, reason: reason || failure }) },
    });
    const session: Session = new Session(
      {
        send(message) {
          // What the package ws writes to: all that is sent at a time goes there in one piece.
          const { _socket: out } = socket as { _socket?: { cork?(): void; uncork(): void } };
          if (out?.cork && !isCorked) {
            isCorked = true;
            out.cork();
            queueMicrotask(() => {
              isCorked = false;
              out.uncork();
            });
          }
          socket.send(message as Uint8Array<ArrayBuffer>);
        },
        hasRoom: () => socket.bufferedAmount < ROOM,
        close(code, reason) {
          try {
            socket.close(code, reason);
          } catch {
            // A browser closes with 1000 and from 3000 on only.
            socket.close(3000, `${code} ${reason}`);
          }
        },
      },
      true,
      this.handlers,
      owner,
    );
    this.#drop = () => {
      socket.close(1000);
      session.end(1000, "");
    };
    socket.onmessage = ({ data }: { data: string | ArrayBuffer | Uint8Array }) => {
      if (typeof data === "string") session.close(3001, "Malformed header");
      else session.receive(data instanceof ArrayBuffer ? new Uint8Array(data) : data);
    };
    socket.onerror = (event: { message?: string }) => (failure = event.message ?? "");
    // Deno has 0 where there was none.
    socket.onclose = ({ code, reason }: Close) => session.end(code || 1006, reason);
  }

  #lost(close: Close): void {
    const { code, reason } = close;
    if (this.#left) return this.#set("reconnecting", close);
    if (this.options.reconnect === false || !AGAIN.includes(code) || (this.first && !this.options.waitForServer)) return this.#end(close);
    if (this.#opened && Date.now() - this.#opened > LONGEST) this.#attempt = 0;
    this.#opened = 0;
    const spread = Math.random() * Math.min(LONGEST, 500 * 2 ** this.#attempt++);
    const told = code === 1001 && /^shutting down; retry in (\d+) ms$/.exec(reason)?.[1];
    this.#set("reconnecting", close);
    this.#timer = setTimeout(() => void this.#open(), told ? Math.min(+told, MOST_TOLD) : spread);
  }

  #end(close: Close, error?: unknown): void {
    if (this.status === "closed") return;
    clearTimeout(this.#timer);
    globalThis.removeEventListener?.("pagehide", this.#leave);
    globalThis.removeEventListener?.("pageshow", this.#comeBack);
    this.#set("closed", close);
    this.first?.(0, error ?? failed(`the connection to ${this.url}`, close.code, close.reason));
    this.first = undefined;
    this.done(close);
  }

  override close(code = 1000, reason = ""): void {
    this.#end({ code, reason });
    const socket = this.#socket;
    if (this.session) super.close(code, reason);
    else socket?.close();
  }
}

/**
 * Connects to a server, and resolves once both sides know each other's routes.
 *
 * @param handlers functions by the names of the routes that this client serves.
 * @throws {ConnectError} when there is no connection.
 */
export function connect(url: string | URL, handlers: UntypedHandlers = {}, options: ConnectOptions = {}): Promise<Connection<any, any>> {
  return new Promise((resolve, reject) => new Lasting(`${url}`, handlers, options, (of, error) => (error ? reject(error) : resolve(of as Connection<any, any>))));
}
