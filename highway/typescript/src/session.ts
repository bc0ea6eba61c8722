/** One connection: what is said on it, whatever it runs over. */

import { read, write } from "./codec.js";
import { differences, toContract } from "./contract.js";
import { CallError, Failure, type Kind as Failed } from "./errors.js";
import { Conversation, Inlet, type Piece, type Source, WINDOW, isItems, iterate } from "./flow.js";
import { text } from "./reader.js";
import type { CallOptions, ConnectOptions, RouteSchema, UntypedHandler, UntypedHandlers } from "./types.js";
import { Code, type Type, type Types, isObject, struct } from "./values.js";
import { raw, u32, u8, utf8, written } from "./writer.js";

export const enum Kind {
  Message,
  Call,
  Reply,
  Failure,
  Cancel,
  Stream,
  Item,
  End,
  Credit,
  Pipe,
  Piped,
  Piece,
  LastPiece,
  HangUp,
  Contract,
  Missed,
}

/** For each kind, the bytes of its fields, and the code that it has; `a` for that of any value, `s` for items as well. */
const FIELDS = "0444484488844608";
const CODES = "asa58sa88a877858";

const EXTENSION = "highway/1";
const PIECE = 65536;
/** The largest message that is put together. */
const MESSAGE = 1048576;
/** The bytes of messages that may wait for room. */
const MOST_WAITING = 67108864;
/** The calls, streams and pipes that each side may have open. */
const OURS = 65536;
const THEIRS = 1024;

/** What ends the connection. */
type Broken = readonly [code: number, reason: string];
const MALFORMED: Broken = [3001, "Malformed header"];
const INVALID: Broken = [3003, "Invalid state"];

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

interface Served {
  readonly handler: UntypedHandler;
  readonly route: RouteSchema;
  readonly isKnown: boolean;
}

/** A route of the peer. */
interface Reached {
  /** Its id. */
  readonly at: number;
  readonly route: RouteSchema;
}

/** An unsigned int in a header. */
function number(message: Uint8Array, at: number, size: number): number {
  let value = 0;
  while (size > 0) value = value * 256 + (message[at + --size] as number);
  return value;
}

const ANY = { data: "any", reply: "any" } as const;
const itemType = (type: Type | undefined): Type | undefined => (isObject(type) ? (type as { stream?: Type }).stream : undefined);

export class Session {
  readonly #types: Types;
  readonly #served: Served[] = [];
  readonly #peer = new Map<string, RouteSchema>();
  readonly #ours = new Map<number, Conversation>();
  readonly #theirs = new Map<number, Conversation>();
  readonly #mismatches = new Map<string, string>();
  #routes: Map<string, Reached> | undefined;
  #extended = false;
  #contract = false;
  #over = false;
  #nextId: number;
  #waiting: [message: Uint8Array, done: () => void][] = [];
  #waitingBytes = 0;
  /** When the first call's time is over. */
  #deadline = Infinity;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    readonly transport: Transport,
    readonly isClient: boolean,
    handlers: UntypedHandlers,
    readonly owner: Owner,
  ) {
    const { serves = {}, peer = {}, types = {} } = owner.options.schema ?? {};
    this.#types = types;
    this.#nextId = isClient ? -1 : 0;
    for (const route of Object.values(peer)) this.#peer.set(route.name, route);
    for (const [name, handler] of Object.entries(handlers)) {
      const isKnown = Object.hasOwn(serves, name);
      this.#served.push({ handler, route: isKnown ? (serves[name] as RouteSchema) : { name, ...ANY }, isKnown });
    }
    if (!isClient) this.#sendTable();
  }

  get routes(): string[] {
    return [...(this.#routes?.keys() ?? [])];
  }

  // What arrives.

  receive(message: Uint8Array): void {
    try {
      if (!this.#over) this.#take(message);
    } catch (error) {
      if (Array.isArray(error)) this.close(...(error as unknown as Broken));
      else this.owner.warn(error);
    }
  }

  close(code: number, reason: string): void {
    if (this.#over) return;
    for (const [message] of this.#waiting) this.transport.send(message);
    this.transport.close(code, reason);
    this.end(code, reason);
  }

  /** The connection is over. */
  end(code: number, reason: string): void {
    if (this.#over) return;
    this.#over = true;
    clearTimeout(this.#timer);
    for (const [, done] of this.#waiting.splice(0)) done();
    for (const of of [...this.#ours.values(), ...this.#theirs.values()]) this.#finish(of, this.#error(of.route.name, "closed", `the connection ended: ${code} ${reason}`));
    this.owner.ended(code, reason);
  }

  #error(name: string, kind: Failed, why: string): CallError {
    return new CallError(kind, name, why);
  }

  #take(message: Uint8Array): void {
    if (message.length < 4) throw MALFORMED;
    const code = message[0] as number;
    const kind = message[1] as number;
    const at = number(message, 2, 2);
    if (!this.#routes || (!at && !(this.#extended && kind))) {
      if (at || code !== Code.Dict) throw INVALID;
      return this.#takeTable(message.subarray(4));
    }
    const known = this.#extended ? kind : Kind.Message;
    const allowed = CODES[known];
    const start = 4 + Number(FIELDS[known]);
    if (!allowed || (allowed < "9" ? code !== +allowed : code > (allowed === "s" ? Code.Stream : Code.None)) || message.length < start) throw MALFORMED;
    const payload = message.subarray(start);
    if (kind === Kind.Contract && known) return this.#takeContract(payload);
    if (this.#extended && !this.#contract) throw INVALID;
    if (known === Kind.Missed) {
      if (!this.isClient) throw INVALID;
      return this.owner.options.onmissed?.(number(message, 4, 8));
    }
    if (known === Kind.Message) return this.#serve(known, code, at, 0, payload, 0);
    const id = number(message, 4, 4);
    // The code of a hang up is in its place.
    const credit = number(message, 8, start - 8);
    const of = this.#side(id).get(id);
    if (known === Kind.Call || known === Kind.Stream || known === Kind.Pipe) {
      if (this.#side(id) === this.#ours || of || credit > 2147483647) throw INVALID;
      if (known === Kind.Pipe) this.#takePipe(id, code, payload, credit);
      else this.#serve(known, code, at, id, payload, credit);
    } else if (of) this.#takePart(of, known, code, payload, credit, message.length);
  }

  #takePart(of: Conversation, kind: Kind, code: Code, payload: Uint8Array, credit: number, cost: number): void {
    const { ours, inlet, pipe, route, id } = of;
    const { name } = route;
    const isPipe = of.kind === Kind.Pipe;
    // What was under way when its reader left.
    const unwanted = inlet && !inlet.of;
    if (isPipe ? kind < Kind.Credit && kind !== Kind.Failure : kind > Kind.Credit) throw INVALID;
    if (kind === Kind.Reply) {
      if (!ours || of.kind !== Kind.Call) throw INVALID;
      try {
        of.settle(undefined, this.#read(payload, code, route.reply, `the reply of ${name}`));
      } catch (error) {
        of.settle(this.#error(name, "reply", (error as Error).message));
      }
      this.#finish(of);
    } else if (kind === Kind.Failure) {
      if (unwanted) return;
      if (ours ? pipe : isPipe || !inlet || of.over) throw INVALID;
      const error = this.#failure(route, payload);
      if (ours) this.#finish(of, error);
      else {
        of.over = true;
        inlet?.end(error);
      }
    } else if (kind === Kind.Cancel) {
      if (!ours) this.#finish(of, this.#error(name, "cancelled", "its caller gave it up"));
      else of.stop?.();
    } else if (kind === Kind.Item || kind === Kind.End) {
      if (unwanted) return;
      if (!inlet || of.over) throw INVALID;
      if (kind === Kind.End) {
        of.over = true;
        if (ours) this.#finish(of);
        else inlet.end();
      } else {
        if (!of.arrived(cost)) throw INVALID;
        try {
          inlet.push(this.#read(payload, code, of.type, `an item of ${name}`), cost);
        } catch (error) {
          inlet.cancel(this.#error(name, "reply", (error as Error).message));
        }
      }
    } else if (kind === Kind.Credit) {
      of.credit += credit;
      if (of.credit > 2147483647) throw INVALID;
      of.wake();
    } else if (kind === Kind.Piped) {
      if (!ours || pipe || credit > 2147483647) throw INVALID;
      of.credit = credit;
      of.settle(undefined, of);
    } else if (kind === Kind.HangUp) {
      if (payload.length > 123) throw INVALID;
      this.#side(id).delete(id);
      of.over = true;
      of.settle([credit, new TextDecoder().decode(payload)]);
    } else {
      if (!pipe || payload.length > PIECE || !of.arrived(cost)) throw INVALID;
      of.took(cost);
      pipe(payload, kind === Kind.LastPiece);
    }
  }

  /** The conversations of the side that chose an id. */
  #side(id: number): Map<number, Conversation> {
    return id % 2 === +this.isClient ? this.#ours : this.#theirs;
  }

  /** Ends all that a conversation has. */
  #finish(of: Conversation, error?: unknown): void {
    if (!this.#side(of.id).delete(of.id) && !this.#over) return;
    of.over = true;
    if (error) of.abort(error);
    of.inlet?.end(error);
    of.stop?.();
    of.wake();
    of.leave?.();
    of.settle(error);
  }

  #read(payload: Uint8Array, code: Code, type: Type = "any", where: string): unknown {
    return read(payload, code, type, this.#types, this.#extended, where);
  }

  #failure({ name, error = "any" }: RouteSchema, payload: Uint8Array): CallError {
    try {
      const read = (fields: Record<string, Type>) => this.#read(payload, Code.Dict, struct(fields), name) as Record<string, unknown>;
      const { error: kind, message = "", code = "", declared } = read({ error: "str", message: "str", code: "str", declared: "any" });
      const { data } = read({ data: declared === true ? error : "any" });
      return new CallError(/^(refused|convert|shape|busy|cancelled|pipe)$/.test(kind as string) ? (kind as Failed) : "internal", name, message as string, code as string, data);
    } catch (why) {
      return this.#error(name, "reply", (why as Error).message);
    }
  }

  // Tables and contracts.

  #takeTable(payload: Uint8Array): void {
    const routes: Map<string, Reached> = new Map();
    let extended = false;
    try {
      const table = JSON.parse(text(payload)) as unknown;
      if (!isObject(table) || Array.isArray(table)) throw table;
      for (const [id, name] of Object.entries(table)) {
        if (typeof name !== "string" || !/^\d+$/.test(id)) throw id;
        if (name === EXTENSION && id === "65535") extended = true;
        else if (+id && +id < 65536) routes.set(name, { at: +id, route: this.#peer.get(name) ?? { name, ...ANY } });
      }
    } catch {
      throw [1000, "Invalid exchange routes"];
    }
    const isFirst = !this.#routes;
    this.#routes = routes;
    if (this.isClient) this.#sendTable();
    if (!isFirst) return;
    this.#extended = extended;
    if (extended && this.isClient) this.#sendContract();
    if (!extended || !this.owner.options.strict) this.owner.ready();
  }

  #sendTable(): void {
    const table: Record<number, string> = { 0: "meta", 65535: EXTENSION };
    this.#served.forEach(({ route }, at) => (table[at + 1] = route.name));
    this.#send(Code.Dict, Kind.Message, 0, [], utf8, JSON.stringify(table));
  }

  #sendContract(): void {
    const served = this.#served.filter(({ isKnown }) => isKnown).map(({ route }) => route);
    const contract = toContract(served, [...this.#peer.values()], this.#types);
    this.#sendValue(Kind.Contract, 0, [], contract, "any", "the contract");
  }

  #takeContract(payload: Uint8Array): void {
    if (this.#contract) throw INVALID;
    if (payload.length > PIECE) throw [1009, ""];
    let told: unknown;
    try {
      told = this.#read(payload, Code.Dict, "any", "");
    } catch {
      throw [1003, "Convert failed"];
    }
    this.#contract = true;
    if (!this.isClient) this.#sendContract();
    const { options } = this.owner;
    const served = this.#served.filter(({ isKnown }) => isKnown).map(({ route }) => route);
    for (const [name, why, isPeers] of differences(served, [...this.#peer.values()], this.#types, told)) {
      if (options.strict) throw [3004, why.slice(0, 120)];
      if (isPeers) this.#mismatches.set(name, why);
      this.owner.warn(why);
    }
    if (options.strict) this.owner.ready();
  }

  // What is sent.

  #write = (value: unknown, type: Type, where: string): Code => write(value, type, this.#types, this.#extended, where);

  /** Sends a header whose fields have four bytes each, and behind it what `put` makes of a value. */
  #send<Value>(
    code: Code,
    kind: Kind,
    route: number,
    fields: readonly number[],
    put?: (value: Value, type: Type, where: string) => Code | void,
    value?: Value,
    type: Type = "any",
    where = "",
  ): { cost: number; done: Promise<void> | undefined } {
    const message = written(() => {
      u32((kind << 8) | (route << 16));
      for (const field of fields) u32(field);
      code = put?.(value as Value, type, where) ?? code;
    });
    message[0] = code;
    return { cost: message.length, done: this.#post(message) };
  }

  #post(message: Uint8Array): Promise<void> | undefined {
    if (this.#over) return;
    if (!this.#waiting.length && this.transport.hasRoom()) return void this.transport.send(message);
    return new Promise((resolve) => {
      this.#waitingBytes += message.length;
      if (this.#waiting.push([message, resolve]) === 1) this.#pump();
    });
  }

  #pump(): void {
    while (this.#waiting.length && this.transport.hasRoom()) {
      const [message, done] = this.#waiting.shift() as [Uint8Array, () => void];
      this.#waitingBytes -= message.length;
      this.transport.send(message);
      done();
    }
    // A browser tells of no change.
    if (this.#waiting.length) setTimeout(() => this.#pump(), 4);
  }

  #control(kind: Kind, ...fields: number[]): void {
    this.#send(Code.None, kind, 0, fields);
  }

  #sendValue(kind: Kind, route: number, fields: readonly number[], value: unknown, type: Type = "any", where: string) {
    return this.#send(Code.None, kind, route, fields, this.#write, value, type, where);
  }

  /** Tells the peer why something failed: what a route's function, or a source of items, threw. */
  #fail(id: number, why: unknown, kind: Failed = "internal", route?: RouteSchema): void {
    const { code, data, message } = why instanceof Failure ? why : ({ message: kind === "internal" ? "the route failed" : ((why as Error).message ?? why) } as Failure);
    const declared = (data !== undefined && route?.error !== undefined) || undefined;
    if (why instanceof Failure) kind = "refused";
    else if (kind === "internal") this.owner.warn(why);
    try {
      // What is undefined is left out.
      const type = struct({ error: "str", message: "any", code: "any", data: declared ? (route?.error as Type) : "any", declared: "bool" });
      this.#sendValue(Kind.Failure, 0, [id], { error: kind, message, code: code || undefined, data, declared }, type, "the error");
    } catch (error) {
      this.#fail(id, error);
    }
  }

  #route(name: string): Reached {
    const route = this.#routes?.get(name);
    const why = this.#mismatches.get(name);
    if (this.#over) throw this.#error(name, "closed", "there is no connection");
    if (!route) throw this.#error(name, "no-route", "the peer has no such route");
    if (why) throw this.#error(name, "contract", why);
    if (this.#waitingBytes > MOST_WAITING) throw this.#error(name, "full", "too much waits to be sent: await what sends");
    return route;
  }

  message(name: string, data: unknown): Promise<void> | undefined {
    const { at, route } = this.#route(name);
    const { done } = this.#sendValue(Kind.Message, at, [], data, route.data ?? "none", name);
    return done?.then(() => {
      if (this.#over) throw this.#error(name, "closed", "the connection ended");
    });
  }

  /** Begins a conversation, whose data may be items. */
  #begin(kind: Kind, route: RouteSchema, at: number, data: unknown, signal?: AbortSignal): Conversation {
    const { name } = route;
    if (this.#over) throw this.#error(name, "closed", "there is no connection");
    if (!this.#extended) throw this.#error(name, "unsupported", "the peer has messages only");
    if (this.#ours.size >= OURS) throw this.#error(name, "busy", "too many are open");
    signal?.throwIfAborted();
    do this.#nextId = (this.#nextId + 2) >>> 0;
    while (!this.#nextId || this.#ours.has(this.#nextId));
    const id = this.#nextId;
    const of = this.#conversation(id, true, kind, route);
    const type = route.data ?? "none";
    const fields = kind === Kind.Call ? [id] : [id, WINDOW];
    const items = itemType(type) ?? (type === "any" && isItems(data) ? "any" : undefined);
    if (items === undefined) this.#sendValue(kind, at, fields, data, type, name);
    else {
      if (!isItems(data) && !(isObject(data) && Symbol.iterator in data)) throw new TypeError(`${name} takes items that come one by one`);
      this.#send(Code.Stream, kind, at, fields);
      this.#sendItems(of, data as Source, items);
    }
    this.#ours.set(id, of);
    if (signal) {
      const abort = () => (of.inlet ? of.inlet.cancel(signal.reason) : this.#cancel(of, signal.reason));
      signal.addEventListener("abort", abort);
      of.leave = () => signal.removeEventListener("abort", abort);
    }
    return of;
  }

  #conversation(id: number, ours: boolean, kind: Kind, route: RouteSchema): Conversation {
    return new Conversation(id, ours, kind, route, this.#grant);
  }

  #grant = ({ id }: Conversation, credit: number): void => this.#control(Kind.Credit, id, credit);

  /** Sends items as the peer takes them, and then that they have ended. */
  async #sendItems(of: Conversation, source: Source, type: Type): Promise<void> {
    const { id, ours, route } = of;
    let stopped = false;
    let iterator: AsyncIterator<unknown> | Iterator<unknown> | undefined;
    of.stop = () => {
      if (stopped) return;
      stopped = true;
      of.wake();
      // What makes them may be waiting for ever.
      void (async () => iterator?.return?.())().catch(this.owner.warn);
    };
    const ended = () => {
      const { stop } = of;
      of.stop = undefined;
      if (!ours) this.#finish(of);
      return stop;
    };
    try {
      iterator = iterate(source);
      for (;;) {
        while (of.credit <= 0 && !stopped) await new Promise<void>((resolve) => (of.wake = resolve));
        const { value, done } = stopped ? { value: undefined, done: true } : await iterator.next();
        if (stopped) return;
        if (done) {
          ended();
          return this.#control(Kind.End, id);
        }
        const { cost, done: sent } = this.#sendValue(Kind.Item, 0, [id], value, type, `an item of ${route.name}`);
        of.credit -= cost;
        await sent;
      }
    } catch (error) {
      if (stopped) return;
      ended()?.();
      this.#fail(id, error, "internal", ours ? undefined : route);
    }
  }

  call(name: string, data: unknown, { timeout = 30000, signal }: CallOptions = {}): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const { at, route } = this.#route(name);
      const of = this.#begin(Kind.Call, route, at, data, signal);
      of.resolve = resolve;
      of.reject = reject;
      if (!timeout) return;
      of.timeout = timeout;
      of.deadline = performance.now() + timeout;
      if (of.deadline < this.#deadline) this.#expire();
    });
  }

  stream(name: string, data: unknown, { signal }: Pick<CallOptions, "signal"> = {}): Inlet {
    const { at, route } = this.#route(name);
    const of = this.#begin(Kind.Stream, route, at, data, signal);
    of.type = itemType(route.reply) ?? "any";
    of.left = WINDOW;
    return (of.inlet = new Inlet(of, () => this.#cancel(of)));
  }

  /** Gives up a call or a stream. */
  #cancel(of: Conversation, why?: unknown): void {
    if (this.#ours.get(of.id) !== of) return;
    this.#control(Kind.Cancel, of.id);
    this.#finish(of, why);
  }

  /** Gives up the calls whose time is over, and waits for the next: a timer for each call takes longer. */
  #expire = (): void => {
    const now = performance.now();
    this.#deadline = Infinity;
    for (const of of this.#ours.values()) {
      if (of.deadline <= now) this.#cancel(of, this.#error(of.route.name, "timeout", `no answer in ${of.timeout} ms`));
      else if (of.deadline < this.#deadline) this.#deadline = of.deadline;
    }
    clearTimeout(this.#timer);
    // What a timer takes at most is some 24 days.
    if (this.#deadline < Infinity) this.#timer = setTimeout(this.#expire, Math.min(this.#deadline - now, 2147483647));
  };

  /** Asks for a pipe, and gives what runs over it. */
  pipe(to: number | bigint, run: (transport: Transport) => Session): Promise<Session> {
    return new Promise((resolve, reject) => {
      const of = this.#begin(Kind.Pipe, { name: `the pipe to ${to}`, data: "int" }, 0, to);
      of.left = WINDOW;
      of.settle = (error, value) => {
        if (value) resolve(this.#runPipe(of, run));
        else reject(Array.isArray(error) ? this.#error(of.route.name, "closed", error.join(" ")) : error);
      };
    });
  }

  /** Runs a session over a pipe. */
  #runPipe(of: Conversation, run: (transport: Transport) => Session): Session {
    const { id } = of;
    let waiting: [piece: Uint8Array, isLast: boolean][] = [];
    let close: (() => void) | undefined;
    const flush = (of.wake = () => {
      while (waiting.length && of.credit > 0 && !of.over) {
        const [piece, isLast] = waiting.shift() as [Uint8Array, boolean];
        of.credit -= this.#send(Code.Bytes, isLast ? Kind.LastPiece : Kind.Piece, 0, [id], raw, piece).cost;
      }
      if (!waiting.length) close?.();
    });
    let parts: Uint8Array[] = [];
    let length = 0;
    of.pipe = ((piece, isLast) => {
      parts.push(piece);
      length += piece.length;
      if (length > MESSAGE) return session.close(1009, "");
      if (!isLast) return;
      const message = new Uint8Array(length);
      for (const part of parts) {
        message.set(part, message.length - length);
        length -= part.length;
      }
      parts = [];
      session.receive(message);
    }) satisfies Piece;
    const session = run({
      send(message) {
        for (let at = 0; !at || at < message.length; at += PIECE) waiting.push([message.subarray(at, at + PIECE), at + PIECE >= message.length]);
        flush();
      },
      hasRoom: () => waiting.length < 16 && !this.#waiting.length,
      close: (code, reason) => {
        close = () => {
          close = undefined;
          if (!this.#side(id).delete(id)) return;
          of.over = true;
          this.#send(Code.None, Kind.HangUp, 0, [id], () => {
            u8(code & 255);
            u8(code >> 8);
            utf8(reason);
          });
        };
        flush();
      },
    });
    of.settle = (error) => {
      waiting = [];
      if (Array.isArray(error)) session.end(error[0] as number, error[1] as string);
      else if (error) session.end(1006, "");
    };
    return session;
  }

  // What is served.

  #takePipe(id: number, code: Code, payload: Uint8Array, credit: number): void {
    const { accept, options } = this.owner;
    if (!accept) throw INVALID;
    if (this.#theirs.size >= THEIRS) return this.#fail(id, "too many are open", "busy");
    let handlers: UntypedHandlers;
    try {
      const { pipe } = options;
      if (!pipe) throw "the client accepts no pipes";
      handlers = typeof pipe === "function" ? pipe(this.#read(payload, code, "any", "") as never) : pipe;
    } catch (error) {
      return this.#fail(id, error, "pipe");
    }
    const of = this.#conversation(id, false, Kind.Pipe, { name: "the pipe" });
    of.left = WINDOW;
    of.credit = credit;
    this.#theirs.set(id, of);
    this.#control(Kind.Piped, id, WINDOW);
    this.#runPipe(of, (transport) => accept(handlers, transport));
  }

  #serve(kind: Kind, code: Code, at: number, id: number, payload: Uint8Array, credit: number): void {
    const served = this.#served[at - 1];
    if (!served) throw [3002, "Route does not exist"];
    const { route, isKnown, handler } = served;
    const { name, data = "none", reply = "any" } = route;
    const gives = itemType(reply);
    const takes = itemType(data);
    const shape = (has: string) => this.#fail(id, `the route has ${has}`, "shape");
    if (kind && isKnown) {
      if ((kind === Kind.Stream) !== !!gives) return shape(gives ? "items" : "a reply");
      if ((code === Code.Stream) !== !!takes) return shape(takes ? "items for data" : "a value for data");
    }
    if (kind && this.#theirs.size >= THEIRS) return this.#fail(id, "too many are open", "busy");
    const of = this.#conversation(id, false, kind, route);
    of.credit = credit;
    let given: unknown;
    if (code === Code.Stream) {
      of.type = takes ?? "any";
      given = of.inlet = new Inlet(
        of,
        () => {
          if (of.over) return;
          of.over = true;
          of.inlet = new Inlet(undefined, () => {});
          this.#control(Kind.Cancel, id);
        },
        () => {
          if (!of.over) of.grant(of, (of.left = WINDOW));
        },
      );
    } else
      try {
        given = this.#read(payload, code, data, name);
      } catch (error) {
        if (!kind) {
          this.owner.warn(error);
          throw [1003, "Convert failed"];
        }
        return this.#fail(id, error, "convert");
      }
    if (kind) this.#theirs.set(id, of);
    const run = async () => {
      const result: unknown = await handler(given, this.owner.connection as never, {
        get signal() {
          return of.signal;
        },
      });
      const isOpen = this.#theirs.get(id) === of;
      const items = isItems(result) || (gives && isObject(result) && Symbol.iterator in result) ? (result as Source) : undefined;
      if (isOpen && kind === Kind.Stream && items) return this.#sendItems(of, items, gives ?? "any");
      if (items && (gives || !isKnown)) await iterate(items).return?.();
      if (!isOpen) return;
      this.#finish(of);
      if (kind === Kind.Stream) shape("a reply");
      else if (items && !isKnown) shape("items");
      else this.#sendValue(Kind.Reply, 0, [id], result, reply, `the reply of ${name}`);
    };
    run().catch((error: unknown) => {
      if (!kind) {
        this.owner.warn(error);
        // Such a peer learns of it in no other way.
        return this.#extended ? undefined : this.close(1011, "Internal error");
      }
      this.#finish(of);
      if (!this.#over) this.#fail(id, error, "internal", route);
    });
  }
}
