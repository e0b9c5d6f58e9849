// Socket.IO on node:http with Express, as in "Get started" of its documentation.
const express = require("express");
const { createServer } = require("node:http");
const { Server } = require("socket.io");

const version = "v0";
const app = express();
const server = createServer(app);
const io = new Server(server);

app.get("/", (req, res) => {
  res.set("X-Version", version).send(`hello from ${version}`);
});

io.on("connection", (socket) => {
  socket.on("chat message", (msg) => {
    socket.emit("chat message", `${version}: ${msg}`);
  });
});

server.listen(3000, () => {
  console.log("server running at http://localhost:3000");
});
