// A server on ws: `node ws.cjs echo` answers each message, `node ws.cjs broadcast` sends it to all.
const { WebSocketServer, WebSocket } = require("ws");

const broadcast = process.argv[2] === "broadcast";
const server = new WebSocketServer({ host: "127.0.0.1", port: 0, maxPayload: 8 << 20 });

server.on("connection", (socket) => {
  socket.on("message", (data, binary) => {
    if (!broadcast) {
      socket.send(data, { binary });
      return;
    }
    for (const client of server.clients) {
      if (client.readyState === WebSocket.OPEN) {
        client.send(data, { binary });
      }
    }
  });
  socket.on("error", () => socket.terminate());
});

server.on("listening", () => console.log(`listening on 127.0.0.1:${server.address().port}`));
