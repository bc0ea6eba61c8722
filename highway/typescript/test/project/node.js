// Runs what tsc has built: node node.js URL
import WebSocket from "ws";
import { run } from "./built/main.js";

console.log(await run(process.argv[2], { WebSocket }));
