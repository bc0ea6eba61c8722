// Connects to a server that sends garbage: node garbage.mjs URL TIMES [WS-MODULE]. Nothing may be thrown out of its events.
import { pathToFileURL } from "node:url";
import { connect } from "../dist/highway.js";

const [url, times, module] = process.argv.slice(2);
const WebSocket = globalThis.WebSocket ?? (await import(pathToFileURL(module))).WebSocket;

const handlers = {
  echo: (data) => data,
  async *count() {
    for (let n = 0; ; n++) yield n;
  },
  async total(numbers) {
    for await (const _ of numbers);
  },
};

for (let time = 0; time < Number(times); time++) {
  try {
    const me = await connect(url, handlers, { WebSocket, reconnect: false, pipe: handlers, onwarning() {} });
    me.call("told").catch(() => {});
    (async () => {
      for await (const _ of me.stream("told"));
    })().catch(() => {});
    await me.closed;
  } catch (error) {
    // Some end before they are ready.
    if (error.name !== "ConnectError") throw error;
  }
}
