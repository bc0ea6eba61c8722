/** One connection: what is said on it, whatever it runs over. */

import { text, Writer } from "./cbor.js";
import { Codec } from "./codec.js";
import { readable, toContract } from "./contract.js";
import { CallError, Failure, type Kind as Failed } from "./errors.js";
import { Credit, Inlet, Outlet, WINDOW, Window } from "./flow.js";
import { PipeEnd } from "./pipe.js";
import type { CallOptions, RouteSchema, Schema, StreamOptions, UntypedHandler, UntypedHandlers } from "./types.js";
import { Code, type Type, isObject } from "./values.js";

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

/** What the wire says of each kind: the bytes of its fields, and the codes that it may have. */
const ANY = 511;
const NONE = 1 << Code.None;
const FIELDS: readonly (readonly [bytes: number, codes: number])[] = [
  [0, ANY],
  [4, ANY | 512],
  [4, ANY],
  [4, 1 << Code.Dict],
  [4, NONE],
  [8, ANY | 512],
  [4, ANY],
  [4, NONE],
  [8, NONE],
  [8, ANY],
  [8, NONE],
  [4, 1 << Code.Bytes],
  [4, 1 << Code.Bytes],
  [6, NONE],
  [0, 1 << Code.Dict],
  [8, NONE],
];

/** The calls and streams that the peer may have open. */
const OPEN = 1024;

const EXTENSION = "highway/1";
const OPTIONAL = (name: string, type: Type) => ({ name, type, required: false });
const FAILURES = /^(refused|convert|shape|internal|busy|cancelled|pipe)$/;

/** What ends the connection. */
class Broken {
  constructor(
    readonly code: number,
    readonly reason: string,
  ) {}
}

const malformed = () => new Broken(3001, "Malformed header");
const invalid = () => new Broken(3003, "Invalid state");

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

interface Served {
  readonly handler: UntypedHandler;
  readonly route: RouteSchema;
  /** Nothing is known of it. */
  readonly untyped: boolean;
}

/** A call, a stream or a pipe of either side. */
interface Conversation {
  readonly ours: boolean;
  readonly kind: Kind;
  readonly route: RouteSchema;
  readonly resolve?: (reply: unknown) => void;
  readonly reject?: (error: unknown) => void;
  /** Items that come. */
  inlet?: Inlet;
  /** Items that go. */
  outlet?: Outlet;
  /** What the peer grants for them, which it may do before there are any. */
  readonly credit?: Credit;
  pipe?: PipeEnd;
  /** The peer's items have ended. */
  ended?: boolean;
}

export class Session {
  readonly #codec: Codec;
  readonly #served: Served[] = [];
  readonly #names = new Map<string, RouteSchema>();
  readonly #ours = new Map<number, Conversation>();
  readonly #theirs = new Map<number, Conversation>();
  readonly #mismatches = new Map<string, string>();
  #ids: Map<string, number> | undefined;
  #extended = false;
  #contract = false;
  #over = false;
  #nextId: number;
  #writer: Writer | undefined;

  constructor(
    readonly transport: Transport,
    readonly isClient: boolean,
    handlers: UntypedHandlers,
    readonly options: SessionOptions,
  ) {
    const { serves = {}, peer = {}, types } = options.schema ?? {};
    this.#codec = new Codec(types);
    this.#nextId = isClient ? 1 : 2;
    for (const route of Object.values(peer)) this.#names.set(route.name, route);
    for (const [key, handler] of Object.entries(handlers)) this.#served.push({ handler, route: serves[key] ?? { name: key, data: "any", reply: "any" }, untyped: !(key in serves) });
    this.#served.sort((one, other) => (one.route.name < other.route.name ? -1 : 1));
    if (!isClient) this.#sendTable();
  }

  get routes(): string[] {
    return [...(this.#ids?.keys() ?? [])];
  }

  // What arrives.

  receive(message: Uint8Array): void {
    if (this.#over) return;
    try {
      this.#take(message);
    } catch (error) {
      if (!(error instanceof Broken)) return this.options.warn(error);
      this.fail(error.code, error.reason);
    }
  }

  /** Closes because of the peer's fault. */
  fail(code: number, reason: string): void {
    this.end(code, reason);
    this.transport.close(code, reason);
  }

  /** The connection is over. */
  end(code: number, reason: string): void {
    if (this.#over) return;
    this.#over = true;
    for (const side of [this.#ours, this.#theirs]) {
      for (const of of side.values()) this.#finish(of, new CallError("closed", of.route.name, `the connection ended: ${code} ${reason}`.trimEnd()), code);
      side.clear();
    }
  }

  #take(message: Uint8Array): void {
    if (message.length < 4) throw malformed();
    const [code = 0, kind = 0, low = 0, high = 0] = message;
    const route = low | (high << 8);
    if (!this.#ids || (kind === Kind.Message && route === 0)) {
      if (kind || route || code !== Code.Dict) throw invalid();
      return this.#takeTable(message.subarray(4));
    }
    if (!this.#extended) {
      if (code > Code.None) throw malformed();
      return this.#serveMessage(code, route, message.subarray(4));
    }
    const fields = FIELDS[kind];
    if (!fields || !(fields[1] & (1 << code)) || code > Code.Stream || message.length < 4 + fields[0]) throw malformed();
    const view = new DataView(message.buffer, message.byteOffset, message.length);
    const value = message.subarray(4 + fields[0]);
    if (kind === Kind.Contract) return this.#takeContract(value);
    if (!this.#contract) throw invalid();
    if (kind === Kind.Message) return this.#serveMessage(code, route, value);
    if (kind === Kind.Missed) {
      if (!this.isClient) throw invalid();
      return this.options.missed?.(Number(view.getBigUint64(4, true)));
    }
    this.#takePart(kind, code, route, view.getUint32(4, true), value, message.length, view);
  }

  #takePart(kind: Kind, code: Code, route: number, id: number, value: Uint8Array, cost: number, view: DataView): void {
    const known = this.#side(id).get(id);
    const name = known?.route.name ?? "";
    if (kind === Kind.Call || kind === Kind.Stream || kind === Kind.Pipe) {
      if (this.#side(id) === this.#ours || known) throw invalid();
      if (kind === Kind.Pipe) return this.#takePipe(id, code, value, view.getUint32(8, true));
      return this.#serve(kind, code, route, id, value, kind === Kind.Stream ? view.getUint32(8, true) : 0);
    }
    if (!known) {
      // Of one that is over; but only its opener could have begun what the other ends.
      return;
    }
    const { ours, pipe, inlet, outlet } = known;
    if (pipe ? !/^(3|8|1[0-3])$/.test(`${kind}`) : kind >= Kind.Piped) throw invalid();
    switch (kind) {
      case Kind.Reply:
        if (!ours || known.kind !== Kind.Call) throw invalid();
        this.#close(id);
        outlet?.stop();
        return this.#attempt(known, () => known.resolve?.(this.#codec.read(value, code, known.route.reply ?? "any", true, `the reply of ${name}`)));
      case Kind.Failure:
        if (pipe?.isOpen || (!ours && (pipe || !inlet || known.ended))) throw invalid();
        if (!ours) {
          known.ended = true;
          return inlet?.end(this.#failure(known, value));
        }
        this.#close(id);
        return this.#finish(known, this.#failure(known, value));
      case Kind.Cancel:
        if (ours) {
          if (!outlet) throw invalid();
          return outlet.stop();
        }
        this.#close(id);
        return this.#finish(known, new CallError("cancelled", name, "the caller gave it up"));
      case Kind.Item: {
        if (!inlet || known.ended || !inlet.window.arrived(cost)) throw invalid();
        const of = ours ? known.route.reply : known.route.data;
        const type = isObject(of) && "stream" in of ? (of.stream as Type) : "any";
        let read: unknown;
        try {
          read = this.#codec.read(value, code, type, true, `an item of ${name}`);
        } catch (error) {
          inlet.end(new CallError("reply", name, String((error as Error).message)));
          if (ours) {
            this.#close(id);
            this.#sendPart(Kind.Cancel, id);
          } else {
            known.ended = true;
            this.#sendPart(Kind.Cancel, id);
          }
          return;
        }
        return inlet.push(read, cost);
      }
      case Kind.End:
        if (!inlet || known.ended) throw invalid();
        known.ended = true;
        inlet.end();
        if (ours) this.#close(id);
        return;
      case Kind.Credit: {
        const credit = pipe?.credit ?? known.credit;
        if (credit && !credit.add(view.getUint32(8, true))) throw invalid();
        return pipe?.flush();
      }
      case Kind.Piped:
        if (!ours || !pipe || pipe.isOpen) throw invalid();
        pipe.isOpen = true;
        pipe.credit.add(view.getUint32(8, true));
        return known.resolve?.(pipe);
      case Kind.HangUp:
        if (value.length > 123) throw invalid();
        this.#close(id);
        return pipe?.hungUp(view.getUint16(8, true), text(value));
      default:
        if (!pipe?.isOpen || value.length > 65536 || !pipe.window.arrived(cost)) throw invalid();
        return pipe.piece(value, kind === Kind.LastPiece, cost);
    }
  }

  /** Runs what may not be able to read an answer. */
  #attempt(of: Conversation, run: () => void): void {
    try {
      run();
    } catch (error) {
      of.reject?.(new CallError("reply", of.route.name, (error as Error).message));
    }
  }

  /** The conversations of the side that chose an id. */
  #side(id: number): Map<number, Conversation> {
    return id % 2 === (this.isClient ? 1 : 0) ? this.#ours : this.#theirs;
  }

  #close(id: number): void {
    this.#side(id).delete(id);
  }

  /** Ends all that a conversation has. */
  #finish(of: Conversation, error: CallError, code = 1006): void {
    of.inlet?.end(error);
    of.outlet?.stop();
    of.reject?.(error);
    of.pipe?.hungUp(code, "");
  }

  #failure(of: Conversation, payload: Uint8Array): CallError {
    const { name, error = "any" } = of.route;
    try {
      const fields = this.#codec.read(payload, Code.Dict, "any", true, "the failure") as Record<string, unknown>;
      const of = String(fields["error"]);
      const kind = (FAILURES.test(of) ? of : "internal") as Failed;
      const data = fields["declared"] === true ? this.#codec.adapt(fields["data"], error, `the error of ${name}`) : fields["data"];
      return new CallError(kind, name, String(fields["message"] ?? ""), String(fields["code"] ?? ""), data);
    } catch (why) {
      return new CallError("reply", name, (why as Error).message);
    }
  }

  // Tables and contracts.

  #takeTable(payload: Uint8Array): void {
    const ids = new Map<string, number>();
    let extended = false;
    try {
      for (const [id, name] of Object.entries(JSON.parse(text(payload)) as object)) {
        if (typeof name !== "string" || !/^\d{1,5}$/.test(id)) throw id;
        if (id === "65535" && name === EXTENSION) extended = true;
        else if (id !== "0") ids.set(name, Number(id));
      }
    } catch {
      throw new Broken(1000, "Invalid exchange routes");
    }
    const isFirst = !this.#ids;
    this.#ids = ids;
    if (!isFirst) return;
    this.#extended = extended;
    if (this.isClient) {
      this.#sendTable();
      if (extended) this.#sendContract();
    }
    this.options.ready();
  }

  #sendTable(): void {
    const table: Record<string, string> = { 0: "meta" };
    this.#served.forEach(({ route }, at) => (table[at + 1] = route.name));
    table[65535] = EXTENSION;
    this.#send(Code.Dict, Kind.Message, 0, (writer) => void writer.utf8(JSON.stringify(table)));
  }

  #sendContract(): void {
    const types = this.#codec.types;
    const section = (routes: Iterable<RouteSchema>) =>
      new Map(
        [...routes]
          .map((route) => {
            const told = new Map<string, unknown>();
            for (const [key, type] of [
              ["data", route.data ?? "none"],
              ["reply", route.reply ?? "any"],
              ["error", route.error ?? "any"],
            ] as const)
              if (type !== "any") told.set(key, toContract(type, types));
            return [route.name, told];
          }),
      );
    const contract = this.options.schema ? { serves: section(this.#served.map(({ route }) => route)), peer: section(this.#names.values()) } : {};
    this.#send(Code.Dict, Kind.Contract, 0, (writer) => void this.#codec.write(contract, "any", true, writer, "the contract"));
  }

  #takeContract(payload: Uint8Array): void {
    if (this.#contract) throw invalid();
    let told: unknown;
    try {
      told = this.#codec.read(payload, Code.Dict, "any", true, "the contract");
    } catch {
      throw new Broken(1003, "Convert failed");
    }
    this.#contract = true;
    if (!this.isClient) this.#sendContract();
    const { types } = this.#codec;
    const part = (of: unknown, ...keys: string[]): unknown => keys.reduce((inner, key) => (isObject(inner) ? inner[key] : undefined), of) ?? "any";
    const compare = (route: RouteSchema, peer: "serves" | "peer") => {
      const theirs = part(told, peer, route.name);
      if (theirs === "any") return;
      const sends = peer === "serves";
      for (const key of ["data", "reply", "error"] as const) {
        const own = toContract(route[key] ?? (key === "data" && sends ? "none" : "any"), types);
        const other = part(theirs, key);
        const fits = sends === (key === "data") ? readable(own, other) : readable(other, own);
        if (fits) continue;
        const why = `the ${key} of route ${route.name} is ${JSON.stringify(own)} here and ${JSON.stringify(other)} at the peer`;
        if (this.options.strict) throw new Broken(3004, why.slice(0, 120));
        if (sends) this.#mismatches.set(route.name, why);
        this.options.warn(why);
      }
    };
    for (const route of this.#names.values()) compare(route, "serves");
    if (this.options.schema) for (const { route } of this.#served) compare(route, "peer");
  }

  // What is sent.

  #send(code: Code, kind: Kind, route: number, write: (writer: Writer) => Code | void): number {
    const writer = this.#writer ?? new Writer();
    this.#writer = undefined;
    writer.at = 0;
    try {
      writer.u8(code);
      writer.u8(kind);
      writer.u16(route);
      const found = write(writer);
      if (found !== undefined) writer.bytes[0] = found;
      if (!this.#over) this.transport.send(writer.bytes.subarray(0, writer.at));
      return writer.at;
    } finally {
      if (writer.bytes.length <= 65536) this.#writer = writer;
    }
  }

  #sendPart(kind: Kind, id: number, credit?: number): number {
    return this.#send(Code.None, kind, 0, (writer) => {
      writer.u32(id);
      if (credit !== undefined) writer.u32(credit);
    });
  }

  #sendValue(kind: Kind, id: number, value: unknown, type: Type, where: string, route = 0, credit?: number): number {
    return this.#send(Code.None, kind, route, (writer) => {
      writer.u32(id);
      if (credit !== undefined) writer.u32(credit);
      return this.#codec.write(value, type, true, writer, where);
    });
  }

  #sendFailure(id: number, error: string, message: string, route?: RouteSchema, more?: Failure): void {
    const declared = more?.data !== undefined && route?.error !== undefined;
    const type: Type = {
      struct: {
        fields: [OPTIONAL("error", "str"), OPTIONAL("message", "str"), OPTIONAL("code", "str"), OPTIONAL("data", route?.error ?? "any"), OPTIONAL("declared", "bool")],
      },
    };
    const failure = { error, message, code: more?.code, data: more?.data, declared: declared || undefined };
    try {
      this.#sendValue(Kind.Failure, id, failure, type, "the error");
    } catch (why) {
      this.options.warn(why);
      this.#sendFailure(id, "internal", "the error can't be sent");
    }
  }

  #route(name: string): { readonly route: RouteSchema; readonly id: number } {
    const route = this.#names.get(name) ?? { name, data: "any", reply: "any" };
    const id = this.#ids?.get(name);
    if (this.#over || !this.#ids) throw new CallError("closed", name, "there is no connection");
    if (id === undefined) throw new CallError("no-route", name, "the peer has no such route");
    const why = this.#mismatches.get(name);
    if (why) throw new CallError("contract", name, why);
    return { route, id };
  }

  async message(name: string, data: unknown): Promise<void> {
    const room = this.#room(name);
    if (room) await room;
    const { route, id } = this.#route(name);
    this.#send(Code.None, Kind.Message, id, (writer) => this.#codec.write(data, route.data ?? "none", this.#extended, writer, name));
  }

  /** Waits for room where there is none, so that what is sent later stays behind. */
  #room(name: string): Promise<unknown> | undefined {
    this.#route(name);
    return this.transport.room();
  }

  /** The id of a new conversation. */
  #begin(name: string): number {
    if (!this.#extended) throw new CallError("unsupported", name, "the peer has messages only");
    while (this.#ours.has(this.#nextId)) this.#nextId = this.#next();
    const id = this.#nextId;
    this.#nextId = this.#next();
    return id;
  }

  #next(): number {
    return this.#nextId > 4294967293 ? (this.isClient ? 1 : 2) : this.#nextId + 2;
  }

  /** Sends what opens a conversation, whose data may be items. */
  #opens(kind: Kind.Call | Kind.Stream, id: number, at: number, of: Conversation, data: unknown): void {
    const { name } = of.route;
    const type = of.route.data ?? "none";
    const credit = kind === Kind.Stream ? WINDOW : undefined;
    const items = isObject(type) && "stream" in type ? (type.stream as Type) : isObject(data) && Symbol.asyncIterator in data && type === "any" ? "any" : undefined;
    if (items === undefined) this.#sendValue(kind, id, data, type, name, at, credit);
    else {
      if (!isObject(data) || !(Symbol.asyncIterator in data || Symbol.iterator in data)) throw new TypeError(`${name} takes items that come one by one`);
      this.#send(Code.Stream, kind, at, (writer) => {
        writer.u32(id);
        if (credit !== undefined) writer.u32(credit);
      });
      this.#side(id).set(id, of);
      of.outlet = this.#outlet(id, data as unknown as Iterable<unknown>, of.credit as Credit, items, name);
    }
    this.#side(id).set(id, of);
  }

  #outlet(id: number, source: AsyncIterable<unknown> | Iterable<unknown>, credit: Credit, type: Type, name: string, done?: () => void): Outlet {
    return new Outlet(source, credit, {
      item: (value) => this.#sendValue(Kind.Item, id, value, type, `an item of ${name}`),
      end: () => {
        done?.();
        this.#sendPart(Kind.End, id);
      },
      failed: (error) => {
        done?.();
        this.#refuse(id, error, this.#side(id).get(id)?.route ?? { name });
      },
    });
  }

  async call(name: string, data: unknown, { timeout = 30000, signal }: CallOptions = {}): Promise<unknown> {
    const room = this.#room(name);
    if (room) await room;
    const { route, id: at } = this.#route(name);
    signal?.throwIfAborted();
    const id = this.#begin(name);
    let timer: ReturnType<typeof setTimeout> | undefined;
    let abort: (() => void) | undefined;
    try {
      return await new Promise((resolve, reject) => {
        const of: Conversation = { ours: true, kind: Kind.Call, route, resolve, reject, credit: new Credit() };
        const cancel = (why: unknown) => {
          if (this.#side(id).get(id) !== of) return;
          this.#close(id);
          of.outlet?.stop();
          this.#sendPart(Kind.Cancel, id);
          reject(why);
        };
        this.#opens(Kind.Call, id, at, of, data);
        if (timeout > 0) timer = setTimeout(() => cancel(new CallError("timeout", name, `no answer in ${timeout} ms`)), timeout);
        signal?.addEventListener("abort", (abort = () => cancel(signal.reason)));
      });
    } finally {
      clearTimeout(timer);
      if (abort) signal?.removeEventListener("abort", abort);
    }
  }

  stream(name: string, data: unknown, { signal }: StreamOptions = {}): Inlet {
    const { route, id: at } = this.#route(name);
    signal?.throwIfAborted();
    const id = this.#begin(name);
    const of: Conversation = { ours: true, kind: Kind.Stream, route, credit: new Credit() };
    const isOpen = () => this.#side(id).get(id) === of;
    const inlet = new Inlet(
      new Window((credit) => isOpen() && this.#sendPart(Kind.Credit, id, credit), true),
      () => {
        if (!isOpen()) return;
        this.#close(id);
        of.outlet?.stop();
        this.#sendPart(Kind.Cancel, id);
      },
    );
    of.inlet = inlet;
    this.#opens(Kind.Stream, id, at, of, data);
    signal?.addEventListener("abort", () => {
      inlet.end(signal.reason);
      inlet.cancelled();
    });
    return inlet;
  }

  pipe(to: number | bigint): Promise<PipeEnd> {
    const name = `the pipe to ${to}`;
    if (this.#over || !this.#ids) return Promise.reject(new CallError("closed", name, "there is no connection"));
    const id = this.#begin(name);
    return new Promise((resolve, reject) => {
      const of: Conversation = { ours: true, kind: Kind.Pipe, route: { name }, resolve: resolve as (of: unknown) => void, reject };
      of.pipe = this.#pipeEnd(id, true);
      this.#side(id).set(id, of);
      this.#sendValue(Kind.Pipe, id, to, "int", name, 0, WINDOW);
    });
  }

  #pipeEnd(id: number, opened: boolean): PipeEnd {
    return new PipeEnd(
      new Window((credit) => (opened ? this.#sendPart(Kind.Credit, id, credit) : 0), true),
      (piece, last) => {
        this.#send(Code.Bytes, last ? Kind.LastPiece : Kind.Piece, 0, (writer) => {
          writer.u32(id);
          writer.raw(piece);
        });
        return piece.length + 8;
      },
      (code, reason) => {
        if (!this.#side(id).delete(id)) return;
        this.#send(Code.None, Kind.HangUp, 0, (writer) => {
          writer.u32(id);
          writer.u16(code);
          writer.utf8(reason);
        });
      },
    );
  }

  // What is served.

  #takePipe(id: number, code: Code, value: Uint8Array, credit: number): void {
    const { accept } = this.options;
    if (!this.isClient) throw invalid();
    if (!accept) return this.#sendFailure(id, "pipe", "the client accepts no pipes");
    let take: (end: PipeEnd) => void;
    try {
      take = accept(this.#codec.read(value, code, "any", true, "the introduction"));
    } catch (error) {
      return this.#sendFailure(id, "pipe", (error as Error).message);
    }
    const pipe = this.#pipeEnd(id, true);
    this.#side(id).set(id, { ours: false, kind: Kind.Pipe, route: { name: "the pipe" }, pipe });
    pipe.isOpen = true;
    pipe.credit.add(credit);
    this.#sendPart(Kind.Piped, id, WINDOW);
    take(pipe);
  }

  #serveMessage(code: Code, route: number, payload: Uint8Array): void {
    const served = this.#served[route - 1];
    if (!served) return this.options.warn(`a message for a route that is not served: ${route}`);
    const { name, data = "none" } = served.route;
    let value: unknown;
    try {
      value = this.#codec.read(payload, code, "any", this.#extended, name);
    } catch {
      throw new Broken(1003, "Convert failed");
    }
    const run = async () => {
      const given = data === "none" ? undefined : this.#codec.adapt(value, data, name);
      const reply: unknown = await served.handler(given, this.options.connection() as never);
      // Nobody reads them.
      if (isItems(reply)) await end(reply);
    };
    run().catch(this.options.warn);
  }

  #serve(kind: Kind.Call | Kind.Stream, code: Code, at: number, id: number, payload: Uint8Array, credit: number): void {
    const served = this.#served[at - 1];
    if (!served) throw new Broken(3002, "Route does not exist");
    if (this.#theirs.size >= OPEN) return this.#sendFailure(id, "busy", `${OPEN} calls and streams are open`);
    const { route, untyped } = served;
    const { name, data = "none", reply = "any" } = route;
    const gives = isObject(reply) && "stream" in reply ? (reply.stream as Type) : undefined;
    const takes = isObject(data) && "stream" in data;
    const shape = (why: string) => this.#sendFailure(id, "shape", `route ${name} ${why}`);
    if (!untyped && (kind === Kind.Stream) !== (gives !== undefined)) return shape(gives === undefined ? "returns a value" : "returns a stream");
    if (!untyped && (code === Code.Stream) !== takes) return shape(takes ? "takes a stream" : "takes a value");
    const of: Conversation = { ours: false, kind, route, credit: new Credit() };
    if (!of.credit?.add(credit)) throw invalid();
    let given: unknown;
    if (code !== Code.Stream) {
      try {
        given = this.#codec.read(payload, code, data === "none" ? "any" : data, true, name);
      } catch (error) {
        return this.#sendFailure(id, "convert", (error as Error).message);
      }
    }
    this.#side(id).set(id, of);
    if (code === Code.Stream) {
      const isOpen = () => this.#side(id).get(id) === of;
      given = of.inlet = new Inlet(
        new Window((credit) => isOpen() && !of.ended && this.#sendPart(Kind.Credit, id, credit)),
        () => {
          if (isOpen() && !of.ended) this.#sendPart(Kind.Cancel, id);
          of.ended = true;
        },
      );
    }
    const run = async () => {
      const result: unknown = await served.handler(given, this.options.connection() as never);
      const isOpen = this.#side(id).get(id) === of;
      if (kind === Kind.Stream) {
        if (!isItems(result)) {
          if (isOpen) this.#close(id), shape("returns a value");
          return;
        }
        if (!isOpen) return void (await end(result));
        of.outlet = this.#outlet(id, result, of.credit as Credit, gives ?? "any", name, () => {
          this.#close(id);
          of.inlet?.cancel();
        });
        return;
      }
      if (untyped && isItems(result)) {
        await end(result);
        if (isOpen) this.#close(id), shape("returns a stream");
        return;
      }
      if (!isOpen) return;
      this.#close(id);
      of.inlet?.end();
      this.#sendValue(Kind.Reply, id, result, reply, `the reply of ${name}`);
    };
    run().catch((error: unknown) => {
      if (this.#over) return;
      this.#close(id);
      of.inlet?.end();
      this.#refuse(id, error, route);
    });
  }

  /** Tells the caller of an error that a route's function, or a source of items, threw. */
  #refuse(id: number, error: unknown, route: RouteSchema): void {
    if (error instanceof Failure) return this.#sendFailure(id, "refused", error.message, route, error);
    this.options.warn(error);
    this.#sendFailure(id, "internal", "the route failed");
  }
}

const isItems = (value: unknown): value is AsyncIterable<unknown> => isObject(value) && !Array.isArray(value) && !(value instanceof Map) && !(value instanceof Uint8Array) && (Symbol.asyncIterator in value || Symbol.iterator in value);

/** Ends items that are not read. */
async function end(items: AsyncIterable<unknown> | Iterable<unknown>): Promise<void> {
  const iterator = Symbol.asyncIterator in items ? items[Symbol.asyncIterator]() : items[Symbol.iterator]();
  await iterator.return?.();
}
