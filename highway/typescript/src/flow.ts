/** Items under way, in both directions, held back by credit. */

import type { Incoming } from "./types.js";

/** The bytes of items that may wait for their reader. */
export const WINDOW = 262144;

/** Credit that was granted, and is renewed as what came is taken. */
export class Window {
  #left: number;
  #taken = 0;

  constructor(
    readonly grant: (credit: number) => void,
    opened = false,
  ) {
    this.#left = opened ? WINDOW : 0;
    if (!opened) this.#renew(WINDOW);
  }

  /** Takes note of a message; false where it has no credit. */
  arrived(cost: number): boolean {
    if (this.#left <= 0) return false;
    this.#left -= cost;
    return true;
  }

  taken(cost: number): void {
    this.#taken += cost;
    if (this.#taken >= WINDOW / 2) this.#renew(this.#taken);
  }

  #renew(credit: number): void {
    this.#taken = 0;
    this.#left += credit;
    this.grant(credit);
  }
}

/** Credit that the peer granted, and what waits for it. */
export class Credit {
  left = 0;
  #wake: (() => void) | undefined;

  /** False where it is more than there may be. */
  add(credit: number): boolean {
    if (this.left + credit > 2147483647) return false;
    this.left += credit;
    this.wake();
    return true;
  }

  wake(): void {
    this.#wake?.();
    this.#wake = undefined;
  }

  /** Done at the next change. */
  change(): Promise<void> {
    return new Promise((resolve) => (this.#wake = resolve));
  }
}

interface Waiter {
  resolve(result: IteratorResult<unknown, undefined>): void;
  reject(error: unknown): void;
}

/** Items that arrive. */
export class Inlet implements Incoming<any> {
  #queue: { readonly value: unknown; readonly cost: number }[] = [];
  #waiting: Waiter[] = [];
  #ended = false;
  #error: unknown;

  constructor(
    readonly window: Window,
    readonly cancelled: () => void,
  ) {}

  push(value: unknown, cost: number): void {
    if (this.#ended) return;
    const waiting = this.#waiting.shift();
    if (!waiting) return void this.#queue.push({ value, cost });
    waiting.resolve({ value, done: false });
    this.window.taken(cost);
  }

  end(error?: unknown): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#error = error;
    for (const waiting of this.#waiting.splice(0)) this.#finish(waiting);
  }

  #finish(waiting: Waiter): void {
    const error = this.#error;
    this.#error = undefined;
    if (error) waiting.reject(error);
    else waiting.resolve({ value: undefined, done: true });
  }

  next(): Promise<IteratorResult<any, undefined>> {
    return new Promise((resolve, reject) => {
      const item = this.#queue.shift();
      if (item) {
        resolve({ value: item.value, done: false });
        if (!this.#ended) this.window.taken(item.cost);
      } else if (this.#ended) this.#finish({ resolve, reject });
      else this.#waiting.push({ resolve, reject });
    });
  }

  cancel(): void {
    const open = !this.#ended;
    this.#queue = [];
    this.end();
    if (open) this.cancelled();
  }

  return(): Promise<IteratorResult<any, undefined>> {
    this.cancel();
    return Promise.resolve({ value: undefined, done: true });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}

/** Sends the items of a source as the peer takes them. */
export class Outlet {
  #stopped = false;

  constructor(
    readonly source: AsyncIterable<unknown> | Iterable<unknown>,
    readonly credit: Credit,
    readonly out: {
      /** Sends one and returns its cost. */
      item(value: unknown): number;
      end(): void;
      failed(error: unknown): void;
    },
  ) {
    void this.#run();
  }

  async #run(): Promise<void> {
    const { source, credit, out } = this;
    try {
      const iterator = Symbol.asyncIterator in source ? source[Symbol.asyncIterator]() : source[Symbol.iterator]();
      for (;;) {
        while (credit.left <= 0 && !this.#stopped) await credit.change();
        const next = this.#stopped ? undefined : await iterator.next();
        if (this.#stopped) return void (await iterator.return?.());
        if (!next || next.done) return out.end();
        try {
          credit.left -= out.item(next.value);
        } catch (error) {
          await iterator.return?.();
          throw error;
        }
      }
    } catch (error) {
      if (!this.#stopped) out.failed(error);
    }
  }

  stop(): void {
    this.#stopped = true;
    this.credit.wake();
  }
}
