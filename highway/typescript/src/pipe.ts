/** An end of a pipe, which is a transport for a connection of its own. */

import { Credit, type Window } from "./flow.js";
import type { Session, Transport } from "./session.js";
import type { Close } from "./types.js";

/** The bytes of a message in one piece at most. */
const PIECE = 65536;

/** The largest message that is put together. */
const MESSAGE = 1048576;

/** The bytes that wait before there is no room. */
const ROOM = 1048576;

export class PipeEnd implements Transport {
  isOpen = false;
  readonly credit = new Credit();
  readonly closed: Promise<Close>;
  #session: Session | undefined;
  #over = false;
  #done!: (close: Close) => void;
  #waiting: { readonly piece: Uint8Array; readonly last: boolean }[] = [];
  #bytes = 0;
  #roomy: (() => void)[] = [];
  #parts: Uint8Array[] = [];
  #length = 0;

  constructor(
    readonly window: Window,
    /** Sends a piece and returns its cost. */
    readonly out: (piece: Uint8Array, last: boolean) => number,
    readonly hangUp: (code: number, reason: string) => void,
  ) {
    this.closed = new Promise((resolve) => (this.#done = resolve));
  }

  run(session: Session): void {
    this.#session = session;
  }

  send(message: Uint8Array): void {
    for (let at = 0; ; at += PIECE) {
      const last = at + PIECE >= message.length;
      const piece = message.slice(at, at + PIECE);
      this.#waiting.push({ piece, last });
      this.#bytes += piece.length;
      if (last) break;
    }
    this.flush();
  }

  flush(): void {
    while (this.credit.left > 0) {
      const next = this.#waiting.shift();
      if (!next) break;
      this.#bytes -= next.piece.length;
      this.credit.left -= this.out(next.piece, next.last);
    }
    if (this.#bytes < ROOM) for (const roomy of this.#roomy.splice(0)) roomy();
  }

  room(): Promise<void> | undefined {
    return this.#bytes < ROOM || this.#over ? undefined : new Promise((resolve) => this.#roomy.push(resolve));
  }

  piece(piece: Uint8Array, last: boolean, cost: number): void {
    this.window.taken(cost);
    this.#length += piece.length;
    if (this.#length > MESSAGE) return this.#session?.fail(1009, "");
    this.#parts.push(piece);
    if (!last) return;
    const whole = new Uint8Array(this.#length);
    let at = 0;
    for (const part of this.#parts.splice(0)) {
      whole.set(part, at);
      at += part.length;
    }
    this.#length = 0;
    this.#session?.receive(whole);
  }

  close(code: number, reason: string): void {
    this.hangUp(code, reason);
    this.hungUp(code, reason);
  }

  hungUp(code: number, reason: string): void {
    if (this.#over) return;
    this.#over = true;
    this.#waiting = [];
    this.#bytes = 0;
    this.flush();
    this.#session?.end(code, reason);
    this.#done({ code, reason });
  }
}
