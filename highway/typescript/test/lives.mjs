// The life of connections to tests/interop/lives.rs: node lives.mjs URL [WS-MODULE]
// It prints what it has done; at "kill", the server's process is to die and to be started again.
import assert from "node:assert/strict";
import { pathToFileURL } from "node:url";
import { CallError, Failure, connect } from "../dist/highway.js";

const [url, module] = process.argv.slice(2);
const WebSocket = globalThis.WebSocket ?? (await import(pathToFileURL(module))).WebSocket;

const statuses = [];
const waiting = [];
const handlers = {
  async *numbers(to) {
    for (let n = 0; n < to; n++) yield n;
  },
  async total(numbers) {
    let sum = 0;
    for await (const n of numbers) sum += n;
    return sum;
  },
};
const me = await connect(url, handlers, {
  WebSocket,
  onstatus(status) {
    statuses.push(status);
    for (const look of waiting) look();
  },
});

/** Done once a condition about the status holds. */
const until = (holds) =>
  new Promise((resolve) => {
    const look = () => holds() && resolve();
    waiting.push(look);
    look();
  });

/** Done once the server runs nothing any more, of which it knows at once, and has dropped it soon. */
async function idle() {
  while ((await me.call("running")) !== 0);
}

const range = (length) => Array.from({ length }, (_, at) => at);

const lives = {
  async "10,000 calls in flight"() {
    const replies = await Promise.all(range(10_000).map((n) => me.call("echo", n)));
    assert.deepEqual(replies, range(10_000));
  },

  async "a message and a call arrive in order"() {
    // In Deno, each takes 40 ms, as do other calls that are waited for one by one.
    for (let n = 0; n < 100; n++) {
      void me.send("note", [n, new Uint8Array(0)]);
      const [count, disordered] = await me.call("noted");
      assert.deepEqual([count, disordered], [n + 1, 0]);
    }
  },

  async "sends wait for room, in order"() {
    const ballast = new Uint8Array(20_000);
    await Promise.all(range(2000).map((n) => me.send("note", [100 + n, ballast])));
    assert.deepEqual([...(await me.call("noted"))], [2100, 0]);
  },

  async "what is not awaited is bounded"() {
    // A socket that takes nothing for a while, however fast it is.
    let isStuck = false;
    class Socket extends WebSocket {
      get bufferedAmount() {
        return isStuck ? 10_000_000 : super.bufferedAmount;
      }
    }
    const other = await connect(url, {}, { WebSocket: Socket });
    const ballast = new Uint8Array(20_000);
    isStuck = true;
    const sends = range(4000).map((n) => other.send("note", [n, ballast]));
    const call = other.call("noted");
    await assert.rejects(call, { kind: "full", route: "noted" });
    isStuck = false;
    const results = await Promise.allSettled(sends);
    const sent = results.findIndex(({ status }) => status === "rejected");
    assert.ok(sent * 20_000 > 67_000_000 && sent * 20_000 < 67_200_000, `${sent} were sent`);
    for (const { reason } of results.slice(sent)) assert.equal(reason.kind, "full");
    assert.deepEqual([...(await other.call("noted"))], [sent, 0]);
    other.close();
  },

  async "100,000 items with a slow reader"() {
    let next = 0;
    let most = 0;
    for await (const n of me.stream("count", 100_000)) {
      assert.equal(n, next++);
      if (n % 50_000 === 25_000) {
        // The server is not far ahead, however long this takes: an item costs 8 bytes and its digits.
        for (let time = 0; time < 20; time++) await me.call("echo", time);
        most = Math.max(most, (await me.call("made")) - n);
      }
    }
    assert.equal(next, 100_000);
    assert.ok(most > 0 && most < 262_144 / 9 + 1000, `${most} items are under way`);
  },

  async "leaving the loop ends the route"() {
    for (let time = 0; time < 5; time++) {
      for await (const n of me.stream("endless")) if (n === 3) break;
      await idle();
    }
  },

  async "many streams at a time"() {
    const sums = await Promise.all(
      range(100).map(async (to) => {
        let sum = 0;
        for await (const n of me.stream("count", to)) sum += n;
        return sum;
      }),
    );
    assert.deepEqual(sums, range(100).map((to) => (to * (to + 1)) / 2 - to));
  },

  async "a stream is data"() {
    async function* numbers() {
      for (let n = 0; n < 50_000; n++) yield n;
    }
    assert.equal(await me.call("total", numbers()), (50_000 * 49_999) / 2);
    const doubled = [];
    for await (const n of me.stream("double", range(1000).values())) doubled.push(n);
    assert.deepEqual(doubled, range(1000).map((n) => 2 * n));
  },

  async "a source ends when no more of it is wanted"() {
    let ended = false;
    async function* numbers() {
      try {
        for (let n = 7; ; n++) yield n;
      } finally {
        ended = true;
      }
    }
    assert.equal(await me.call("first", numbers()), 7);
    await me.call("echo");
    assert.ok(ended);
  },

  async "a source that fails fails its call"() {
    await assert.rejects(
      me.call(
        "total",
        (async function* () {
          yield 1;
          throw new Failure("broken here", { code: "broken" });
        })(),
      ),
      CallError,
    );
  },

  async "what it serves"() {
    assert.equal(await me.call("back", 10_000), 10_000 * 9999);
  },

  async "signals and time"() {
    const control = new AbortController();
    const calls = range(10).map(() => me.call("wait", undefined, { signal: control.signal }));
    while ((await me.call("running")) !== 10);
    control.abort(new Error("enough"));
    for (const call of calls) await assert.rejects(call, /enough/);
    await idle();
    await assert.rejects(me.call("wait", undefined, { timeout: 20 }), { name: "CallError", kind: "timeout", route: "wait" });
    await idle();
    const later = new AbortController();
    await assert.rejects(async () => {
      for await (const n of me.stream("endless", undefined, { signal: later.signal })) if (n === 5) later.abort(new Error("no more"));
    }, /no more/);
    await idle();
    await assert.rejects(me.call("echo", 1, { signal: AbortSignal.abort(new Error("before")) }), /before/);
  },

  async "many times at a time"() {
    const start = performance.now();
    const control = new AbortController();
    const longer = me.call("wait", undefined, { timeout: 600_000, signal: control.signal });
    await Promise.all(
      [90, 30, 60, 31, 89].map(async (timeout) => {
        await assert.rejects(me.call("wait", undefined, { timeout }), { kind: "timeout", message: `wait: no answer in ${timeout} ms` });
        assert.ok(performance.now() - start > timeout - 1);
      }),
    );
    control.abort(new Error("it was still waited for"));
    await assert.rejects(longer, /still waited for/);
    await idle();
  },

  async "what fails"() {
    await assert.rejects(me.call("refuse", [1, "x"]), { kind: "refused", code: "refused here", data: [1, "x"], route: "refuse" });
    await assert.rejects(me.call("missing"), { kind: "no-route" });
    await assert.rejects(me.call("count", 5), { kind: "shape" });
    await assert.rejects(me.call("total", 5), { kind: "shape" });
    await assert.rejects(me.call("note", "x"), { kind: "convert" });
    await assert.rejects(me.call("echo", [{ at: [Symbol()] }]), TypeError);
    await assert.rejects(me.call("echo", { a: ["\ud800"] }), /echo\.a\[0\]/);
    await assert.rejects(me.call("echo", new Date()), TypeError);
    assert.equal(await me.call("echo", "well"), "well");
  },

  async "values stay"() {
    for (const value of [0, -1, 2 ** 53 - 1, 2n ** 64n, -(2n ** 70n), 1.5, -0, NaN, Infinity, "", "🚣", true, false]) assert.deepEqual(await me.call("echo", [value]), [value]);
    const odd = JSON.parse('{"__proto__": {"polluted": 1}, "constructor": 2}');
    const back = await me.call("echo", odd);
    assert.equal({}.polluted, undefined);
    assert.deepEqual(Object.entries(back), [["__proto__", Object.assign(Object.create(null), { polluted: 1 })], ["constructor", 2]]);
  },

  async "a pipe"() {
    const big = new Uint8Array(900_000).map((_, at) => at);
    const introductions = [];
    const other = await connect(url, {}, {
      WebSocket,
      pipe(introduction) {
        introductions.push(introduction);
        return { echo: (data) => data, ...handlers, fail: () => Promise.reject(new Failure("no", { code: "here" })) };
      },
    });
    const pipe = await me.pipe(await other.call("enter"), { ping: (n) => n + 1 });
    assert.deepEqual(introductions, [await me.call("enter")]);
    assert.deepEqual(await pipe.call("echo", big), big);
    assert.deepEqual(await Promise.all(range(1000).map((n) => pipe.call("echo", n))), range(1000));
    let sum = 0;
    for await (const n of pipe.stream("numbers", 20_000)) sum += n;
    assert.equal(sum, (20_000 * 19_999) / 2);
    await assert.rejects(pipe.call("fail"), { kind: "refused", code: "here" });
    await Promise.all(range(40).map(() => pipe.call("echo", big)));
    const waits = pipe.call("numbers", 1);
    await assert.rejects(waits, { kind: "shape" });
    pipe.close(4001, "bye");
    assert.deepEqual(await pipe.closed, { code: 4001, reason: "bye" });
    await assert.rejects(pipe.call("echo"), { kind: "closed" });
    const second = await me.pipe(await other.call("enter"));
    other.close();
    assert.equal((await second.closed).code, 1006);
    await assert.rejects(me.pipe(999_999), { kind: "pipe" });
  },

  async "a handler learns that its caller has left"() {
    let started, left;
    const until = (signal) => new Promise((resolve) => signal.addEventListener("abort", () => resolve(signal.reason)));
    const other = await connect(url, {}, {
      WebSocket,
      pipe: {
        async wait(_, __, { signal }) {
          assert.equal(signal.aborted, false);
          started();
          left(await until(signal));
        },
        async *items(_, __, { signal }) {
          yield 1;
          left(await until(signal));
        },
        late: async (_, __, context) => {
          started();
          await gone;
          left(context.signal.reason);
        },
        quick: (_, __, { signal }) => void signal.addEventListener("abort", () => left("a call that was answered")),
      },
    });
    const next = () => [new Promise((resolve) => (started = resolve)), new Promise((resolve) => (left = resolve))];
    const pipe = await me.pipe(await other.call("enter"));
    await pipe.call("quick");

    let [running, why] = next();
    const control = new AbortController();
    const call = pipe.call("wait", undefined, { signal: control.signal });
    await running;
    control.abort();
    await assert.rejects(call, { name: "AbortError" });
    assert.equal((await why).kind, "cancelled");

    [running, why] = next();
    for await (const _ of pipe.stream("items")) break;
    assert.equal((await why).kind, "cancelled");

    // It asks for the signal afterwards.
    let goes;
    const gone = new Promise((resolve) => (goes = resolve));
    [running, why] = next();
    const later = pipe.call("late");
    await running;
    pipe.close();
    await assert.rejects(later, { kind: "closed" });
    await pipe.closed;
    await other.call("echo");
    goes();
    assert.equal((await why).kind, "closed");
    other.close();
  },

  async "the server dies, and comes back"() {
    for (let time = 0; time < 2; time++) {
      const before = statuses.length;
      const calls = range(50).map(() => me.call("wait"));
      const stream = (async () => {
        for await (const _ of me.stream("endless"));
      })();
      while ((await me.call("running")) !== 51);
      console.log("kill");
      for (const call of calls) await assert.rejects(call, { name: "CallError", kind: "closed", route: "wait" });
      await assert.rejects(stream, { kind: "closed" });
      await until(() => statuses.slice(before).includes("open"));
      assert.ok(statuses.slice(before).includes("reconnecting"), String(statuses));
      assert.equal(await me.call("echo", "back"), "back");
    }
  },

  async "the end"() {
    const call = me.call("wait");
    me.close();
    await assert.rejects(call, { kind: "closed" });
    assert.deepEqual(await me.closed, { code: 1000, reason: "" });
    assert.equal(me.status, "closed");
    await assert.rejects(me.call("echo"), { kind: "closed" });
    await assert.rejects(me.send("echo"), { kind: "closed" });
    await assert.rejects(connect("ws://127.0.0.1:1", {}, { WebSocket }), { name: "ConnectError", code: 1006 });
  },
};

for (const [name, life] of Object.entries(lives)) {
  await life();
  console.log(name);
}
console.log("all is well");
