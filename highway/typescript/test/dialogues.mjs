// The program of tests/conformance/README.md: node dialogues.mjs URL TIMES [WS-MODULE]
import { pathToFileURL } from "node:url";
import { CallError, Failure, connect, tuple } from "../dist/highway.js";

const [url, times, module] = process.argv.slice(2);
const WebSocket = globalThis.WebSocket ?? (await import(pathToFileURL(module))).WebSocket;

const schema = {
  serves: {
    echo: { name: "echo", data: "any", reply: "any" },
    refuse: { name: "refuse", data: "any", reply: "any" },
    count: { name: "count", data: "u32", reply: { stream: "u32" } },
    sum: { name: "sum", data: { stream: "i32" }, reply: "i32" },
    hold: { name: "hold", data: { stream: "i32" }, reply: "none" },
    wait: { name: "wait", data: "any", reply: "any" },
    never: { name: "never", data: "none", reply: { stream: "u32" } },
    do: { name: "do", data: "any" },
  },
  peer: { total: { name: "total", data: { stream: "i32" }, reply: "i32" } },
};

const told = (me, ...what) => me.send("told", tuple(...what));

const handlers = {
  echo: (data) => data,
  refuse: (data) => {
    throw new Failure("no", { code: "refused here", data });
  },
  *count(to) {
    for (let n = 0; n < to; n++) yield n;
  },
  async sum(numbers) {
    let sum = 0;
    for await (const number of numbers) sum += number;
    return sum;
  },
  hold: () => new Promise(() => {}),
  wait: () => new Promise(() => {}),
  async *never() {
    await new Promise(() => {});
  },
  async do([action, route, data], me) {
    try {
      switch (action) {
        case "send":
          return await me.send(route, data);
        case "call":
          return await told(me, "reply", await me.call(route, data));
        case "sum":
          return await told(me, "reply", await me.call.total(data));
        case "first": {
          let first;
          for await (const item of me.stream(route, data)) {
            first = item;
            break;
          }
          return await told(me, "item", first);
        }
        case "stream":
          for await (const item of me.stream(route, data)) await told(me, "item", item);
          return await told(me, "end");
      }
    } catch (error) {
      if (!(error instanceof CallError)) throw error;
      await told(me, "failure", error.kind, error.code);
    }
  },
};

for (let time = 0; time < Number(times); time++) {
  try {
    const me = await connect(url, handlers, { WebSocket, schema, reconnect: false, pipe: { echo: (data) => data }, onwarning() {} });
    await me.closed;
  } catch {
    // Some end before they are ready.
  }
}
