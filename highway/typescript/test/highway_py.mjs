// Talks to a server of highway.py 0.2 that is tests/peers/highway_02.py: node highway_py.mjs URL [WS-MODULE]
import assert from "node:assert/strict";
import { pathToFileURL } from "node:url";
import { Float, connect, tuple } from "../dist/highway.js";

const [url, module] = process.argv.slice(2);
const WebSocket = globalThis.WebSocket ?? (await import(pathToFileURL(module))).WebSocket;

const waiting = [];
const statuses = [];
const me = await connect(
  url,
  { echoed: (data) => waiting.shift()(data) },
  {
    WebSocket,
    onstatus(status, close) {
      statuses.push([status, close?.code]);
      if (status === "open") waiting.shift()?.();
    },
  },
);
assert.deepEqual(me.routes, ["echo", "echoed", "fail"]);

const next = () => new Promise((resolve) => waiting.push(resolve));

async function echo(value) {
  const back = next();
  await me.send("echo", value);
  return back;
}

const dict = (entries) => Object.assign(Object.create(null), entries);
for (const value of [
  7,
  -3,
  2n ** 60n,
  1.5,
  -0,
  new Float(1),
  true,
  false,
  "",
  "rowing 🚣",
  [],
  [1, new Float(2), "x", null, [true]],
  dict({ a: 1, b: [dict({})], "1": 2.5 }),
  new Uint8Array([0, 1, 255]),
  null,
])
  assert.deepEqual(await echo(value), value);

// It reads a tuple as a list.
assert.deepEqual(await echo(tuple(1, "a")), [1, "a"]);

await assert.rejects(me.call("echo", 1), { name: "CallError", kind: "unsupported" });
assert.throws(() => me.stream("echo", 1), { name: "CallError", kind: "unsupported" });
await assert.rejects(me.send("echo", [new Uint8Array(1)]), TypeError);
await assert.rejects(me.send("missing"), { kind: "no-route" });

// It closes when a route of its own fails, and takes the client again.
const again = next();
await me.send("fail", 1);
await again;
assert.deepEqual(statuses, [["open", undefined], ["reconnecting", 1011], ["open", undefined]]);
assert.equal(await echo("again"), "again");
me.close();
console.log("all is well");
