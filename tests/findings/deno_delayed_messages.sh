#!/bin/sh
# Deno 2.9.6 (npm), its WebSocket, beside that of Bun 1.4.5 and the package ws 8.23.0 on Node.
#
# Belief: a WebSocket sends each message at once, as its connection has TCP_NODELAY set: in browsers, in ws and in servers it has.
# Seen:   Deno's leaves Nagle's algorithm on. Of two messages that are sent one after the other, the second waits for the other side to
#         acknowledge the first, which Linux delays by 40 ms where the first asks for no answer: so a message and a call behind it take
#         40 ms and more, on the same machine. With the others they take less than a millisecond.
#
# Connects to itself only; installs the packages into a temporary folder. Exits with 1 when one of them behaves otherwise.
set -eu

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm install --silent --no-audit --no-fund --no-package-lock deno@2.9.6 bun@1.4.5 ws@8.23.0
cat > server.mjs <<'END'
import { spawn } from "node:child_process";
import { once } from "node:events";
import { WebSocketServer } from "ws";

const server = new WebSocketServer({ port: 0, host: "127.0.0.1", perMessageDeflate: false });
await once(server, "listening");
server.on("connection", (socket) => socket.on("message", (message) => String(message) === "call" && socket.send("reply")));
const url = `ws://127.0.0.1:${server.address().port}`;
const programs = { deno: ["deno", "run", "--allow-net"], bun: ["bun"], ws: ["node"] };
const times = {};
for (const [name, [command, ...rest]] of Object.entries(programs)) {
  const environment = { ...process.env, PATH: `node_modules/.bin:${process.env.PATH}` };
  const child = spawn(command, [...rest, "client.mjs", url], { env: environment, stdio: ["ignore", "pipe", "inherit"] });
  let told = "";
  child.stdout.on("data", (data) => (told += data));
  await once(child, "close");
  times[name] = Number(told);
  console.log(`${name}: ${times[name].toFixed(1)} ms, the median of 50`);
}
process.exit(times.deno > 30 && times.bun < 20 && times.ws < 20 ? 0 : 1);
END
cat > client.mjs <<'END'
const { argv, exit } = await import("node:process");
const Socket = globalThis.Deno || globalThis.Bun ? WebSocket : (await import("ws")).WebSocket;
const socket = new Socket(argv[2]);
await new Promise((resolve) => (socket.onopen = resolve));
const times = [];
for (let time = 0; time < 50; time++) {
  const start = performance.now();
  const reply = new Promise((resolve) => (socket.onmessage = resolve));
  socket.send("note");
  socket.send("call");
  await reply;
  times.push(performance.now() - start);
}
console.log(times.sort((a, b) => a - b)[25]);
exit(0);
END
node server.mjs
