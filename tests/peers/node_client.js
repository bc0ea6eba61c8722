// The JavaScript client as a peer of a test, run by Node; conversation.py and conversation.js say how the test talks to it.
"use strict";

// Node has one of its own since 22; for an older one the tests install `ws`.
globalThis.WebSocket ??= require("ws");
require("./wire_client.js");
require("./conversation.js");

const lines = require("node:readline").createInterface({ input: process.stdin });
const obey = globalThis.highwayConversation((event) => process.stdout.write(`${JSON.stringify(event)}\n`));
lines.on("line", obey);
lines.on("close", () => process.exit());
