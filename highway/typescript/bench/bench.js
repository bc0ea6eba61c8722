// What the client does in a second in Node, beside what would be used instead, in turns, in one run:
//
//   npm install && node bench.js URL-OF-A-HIGHWAY-SERVER [ROUNDS]
//
// The server is `cargo run --release -p highway-examples --example typescript_bench`, or any with a route `echo` that returns its data and a
// route `done` that returns how many messages came to its route `note`.
// The others' servers run in Node, in processes of their own, as they do for those who use them.
import { fork } from "node:child_process";
import { once } from "node:events";
import { WebSocket, WebSocketServer } from "ws";
import { connect } from "../dist/highway.js";

const LINE = { from: "ada", text: "how are you today?", at: 1700000000, tags: ["a", "b"], score: 0.75 };
const CALLS = 20_000;
const MESSAGES = 50_000;
const IN_FLIGHT = 1000;

const servers = {
  async ws(port) {
    let count = 0;
    new WebSocketServer({ port, perMessageDeflate: false }).on("connection", (socket) => {
      socket.on("message", (message) => {
        const line = JSON.parse(message);
        if (line.from) count++;
        else socket.send(JSON.stringify({ count }));
      });
    });
  },
  async io(port) {
    const { Server } = await import("socket.io");
    new Server(port).on("connection", (socket) => socket.on("echo", (data, reply) => reply(data)));
  },
};

if (process.argv[2] === "serve") {
  await servers[process.argv[3]](Number(process.argv[4]));
  process.send("ready");
} else {
  const [url, rounds = "7"] = process.argv.slice(2);
  const children = await Promise.all(
    [["ws", 18081], ["io", 18082]].map(async ([name, port]) => {
      const child = fork(process.argv[1], ["serve", name, String(port)]);
      await once(child, "message");
      return child;
    }),
  );

  const quiet = { WebSocket, onwarning() {} };
  const me = await connect(url, {}, quiet);
  const { io } = await import("socket.io-client");
  const socket = io("http://127.0.0.1:18082", { transports: ["websocket"] });
  await once(socket, "connect");
  const raw = new WebSocket("ws://127.0.0.1:18081", { perMessageDeflate: false });
  await once(raw, "open");

  /** So many at a time, until all are done; and how many that are in a second. */
  async function inFlight(call) {
    const start = performance.now();
    let left = CALLS;
    await Promise.all(
      Array.from({ length: IN_FLIGHT }, async () => {
        while (left-- > 0) await call();
      }),
    );
    return (CALLS / (performance.now() - start)) * 1000;
  }

  async function messages(send, done) {
    const start = performance.now();
    for (let n = 0; n < MESSAGES; n++) {
      const sent = send();
      if (n % 100 === 0) await sent;
    }
    await done();
    return (MESSAGES / (performance.now() - start)) * 1000;
  }

  let noted = 0;
  const runs = {
    "calls, highway": () => inFlight(() => me.call("echo", LINE)),
    "calls, socket.io": () => inFlight(() => socket.emitWithAck("echo", LINE)),
    "messages, highway": () =>
      messages(
        () => me.send("note", LINE),
        async () => {
          noted += MESSAGES;
          while (Number(await me.call("done")) < noted);
        },
      ),
    "messages, ws + JSON": () =>
      messages(
        () => raw.send(JSON.stringify(LINE)),
        async () => {
          raw.send("{}");
          await once(raw, "message");
        },
      ),
  };
  const figures = Object.fromEntries(Object.keys(runs).map((name) => [name, []]));
  // In the order in which they ran, so that those of a round stand at one place.
  for (let round = 0; round <= Number(rounds); round++)
    for (const [name, run] of Object.entries(runs)) {
      const figure = await run();
      // The first warms up.
      if (round) figures[name].push(figure);
    }
  const median = (of) => [...of].sort((a, b) => a - b)[of.length >> 1];
  for (const [name, of] of Object.entries(figures)) console.log(name.padEnd(20), Math.round(median(of)).toLocaleString("en"), "a second");
  const ratio = (a, b) => median(figures[a].map((figure, at) => figure / figures[b][at])).toFixed(2);
  console.log("calls: highway / socket.io", ratio("calls, highway", "calls, socket.io"));
  console.log("messages: highway / ws + JSON", ratio("messages, highway", "messages, ws + JSON"));
  for (const child of children) child.kill();
  process.exit();
}
