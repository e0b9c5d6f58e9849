// Express 4 in CommonJS, as in "Hello world example" of its documentation.
const express = require("express4");
const { createHash } = require("node:crypto");

const version = "v0";
const app = express();
const port = 3000;

app.use((req, res, next) => {
  res.set("X-Version", version);
  next();
});

app.get("/", (req, res) => {
  res.send(`hello from ${version}`);
});

app.get("/slow", (req, res) => {
  setTimeout(() => res.send(`slept ${req.query.ms}`), Number(req.query.ms));
});

app.post("/echo", express.raw({ type: () => true }), (req, res) => {
  res.send(req.body);
});

app.post("/upload", (req, res) => {
  const hash = createHash("sha256");
  let bytes = 0;
  req.on("data", (chunk) => {
    hash.update(chunk);
    bytes += chunk.length;
  });
  req.on("end", () => res.json({ bytes, sha256: hash.digest("hex") }));
});

app.get("/sse", (req, res) => {
  res.set("Content-Type", "text/event-stream");
  res.write("data: first\n\n");
  setTimeout(() => {
    res.write(`data: quiet for ${req.query.quiet}\n\n`);
    res.end("data: last\n\n");
  }, Number(req.query.quiet));
});

app.listen(port, () => {
  console.log(`Example app listening on port ${port}`);
});
