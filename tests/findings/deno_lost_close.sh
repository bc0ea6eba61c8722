#!/bin/sh
# Deno 2.9.6 (npm), its WebSocket, beside that of Bun 1.4.5 and the package ws 8.23.0 on Node.
#
# Belief: the close event of a connection that was lost without a close frame has the code 1006, as the standard demands; programs
#         connect again on that code.
# Seen:   Deno's has the code 0, whether the connection ended (FIN) or was reset (RST). `error` comes first, with a message. The others
#         have 1006.
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

const server = new WebSocketServer({ port: 0, host: "127.0.0.1" });
await once(server, "listening");
let lose;
server.on("connection", (socket) => setImmediate(() => lose(socket._socket)));
const url = `ws://127.0.0.1:${server.address().port}`;
const ways = { FIN: (socket) => socket.destroy(), RST: (socket) => socket.resetAndDestroy() };
const programs = { deno: ["deno", "run", "--allow-net"], bun: ["bun"], ws: ["node"] };
for (const [name, program] of Object.entries(programs))
  for (const [way, does] of Object.entries(ways)) {
    lose = does;
    const [command, ...rest] = program;
    const child = spawn(command, [...rest, "client.mjs", url], { env: { ...process.env, PATH: `node_modules/.bin:${process.env.PATH}` }, stdio: ["ignore", "pipe", "inherit"] });
    let told = "";
    child.stdout.on("data", (data) => (told += data));
    await once(child, "close");
    console.log(name, way, told.trim());
  }
process.exit();
END
cat > client.mjs <<'END'
const { argv } = await import("node:process");
const Socket = globalThis.Deno || globalThis.Bun ? WebSocket : (await import("ws")).WebSocket;
const socket = new Socket(argv[2]);
socket.onerror = () => {};
socket.onclose = ({ code, wasClean }) => console.log(code, wasClean);
END
cat > expected <<'END'
deno FIN 0 false
deno RST 0 false
bun FIN 1006 false
bun RST 1006 false
ws FIN 1006 false
ws RST 1006 false
END
node server.mjs | tee seen
cmp seen expected || exit 1
