/** Items under way, in both directions, held back by credit. */

import type { Incoming, RouteSchema } from "./types.js";
import { type Type, isObject } from "./values.js";

/** The bytes of items that may wait for their reader. */
export const WINDOW = 262144;

const nothing = (): void => {};

/** A call, a stream or a pipe of either side. */
export class Conversation {
  /** What is done with the answer. */
  resolve: (value: unknown) => void = nothing;
  reject: (error: unknown) => void = nothing;
  /** Looks no longer at the signal of who called. */
  leave: (() => void) | undefined;
  /** When the answer comes too late, in milliseconds. */
  deadline = Infinity;
  timeout = 0;
  /** The items that come, of a type. */
  inlet: Inlet | undefined;
  type: Type = "any";
  /** How many bytes of them the peer may still send, and how many were taken since. */
  left = 0;
  taken = 0;
  /** How many bytes of items the peer takes. */
  credit = 0;
  wake: () => void = nothing;
  /** Stops the items that go; nothing where none go. */
  stop: (() => void) | undefined;
  pipe: Piece | undefined;
  over = false;
  #gone: unknown;
  #control: AbortController | undefined;

  constructor(
    readonly id: number,
    readonly ours: boolean,
    readonly kind: number,
    readonly route: RouteSchema,
    /** Grants credit for what comes. */
    readonly grant: (of: Conversation, credit: number) => void,
  ) {}

  settle(error: unknown, value?: unknown): void {
    if (error) this.reject(error);
    else this.resolve(value);
  }

  /** What the route's function gets, which seldom asks for it. */
  get signal(): AbortSignal {
    if (!this.#control) {
      this.#control = new AbortController();
      if (this.#gone) this.#control.abort(this.#gone);
    }
    return this.#control.signal;
  }

  /** No one waits any more for what the route's function does. */
  abort(why: unknown): void {
    this.#gone = why;
    this.#control?.abort(why);
  }

  /** Takes note of a message; false where it has no credit. */
  arrived(cost: number): boolean {
    const { left } = this;
    this.left -= cost;
    return left > 0;
  }

  /** Takes note that a message was read, and lets the peer send as much anew. */
  took(cost: number): void {
    this.taken += cost;
    if (this.over || this.taken < WINDOW / 2) return;
    this.left += this.taken;
    this.grant(this, this.taken);
    this.taken = 0;
  }
}

/** What takes the pieces of a pipe. */
export type Piece = (piece: Uint8Array, isLast: boolean) => void;

export interface Source {
  [Symbol.asyncIterator]?(): AsyncIterator<unknown>;
  [Symbol.iterator]?(): Iterator<unknown>;
}

/** Whether a value is items, and no list of them. */
export const isItems = (value: unknown): value is Source =>
  isObject(value) && (Symbol.asyncIterator in value || (Symbol.iterator in value && typeof value["next"] === "function"));

export const iterate = (source: any): AsyncIterator<unknown> | Iterator<unknown> => (source[Symbol.asyncIterator] ?? source[Symbol.iterator]).call(source);

type Result = IteratorResult<any, undefined>;

/** Items that arrive. */
export class Inlet implements Incoming<any> {
  #queue: { readonly value: unknown; readonly cost: number }[] = [];
  #waiting: ((result: Result | Promise<Result>) => void)[] = [];
  #end: Promise<Result> | undefined;

  constructor(
    readonly of: Conversation | undefined,
    /** The reader leaves. */
    readonly left: () => void,
    /** Called before the first is read. */
    public begin?: (() => void) | undefined,
  ) {}

  push(value: unknown, cost: number): void {
    this.#queue.push({ value, cost });
    const waiting = this.#waiting.shift();
    if (waiting) waiting(this.next());
  }

  end(error?: unknown): void {
    if (this.#end) return;
    this.#end = error ? Promise.reject(error) : Promise.resolve({ value: undefined, done: true });
    // It may be that no one reads on.
    this.#end.catch(() => {});
    for (const waiting of this.#waiting) waiting(this.#end);
  }

  next(): Promise<Result> {
    this.begin?.();
    this.begin = undefined;
    const item = this.#queue.shift();
    if (item) {
      this.of?.took(item.cost);
      return Promise.resolve({ value: item.value, done: false });
    }
    const end = this.#end;
    // An error is told once.
    if (end) this.#end = Promise.resolve({ value: undefined, done: true });
    return end ?? new Promise((resolve) => this.#waiting.push(resolve));
  }

  cancel(error?: unknown): void {
    const isOpen = !this.#end;
    this.#queue = [];
    this.end(error);
    if (isOpen) this.left();
  }

  return(): Promise<Result> {
    this.cancel();
    return Promise.resolve({ value: undefined, done: true });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}
