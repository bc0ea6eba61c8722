// A server on socket.io: the event "echo" is answered, the event "bc" is sent to all.
const { createServer } = require("node:http");
const { Server } = require("socket.io");

const http = createServer();
const io = new Server(http, { maxHttpBufferSize: 8 << 20, serveClient: false });

io.on("connection", (socket) => {
  socket.on("echo", (data) => socket.emit("echo", data));
  socket.on("bc", (data) => io.emit("bc", data));
});

http.listen(0, "127.0.0.1", () => console.log(`listening on 127.0.0.1:${http.address().port}`));
