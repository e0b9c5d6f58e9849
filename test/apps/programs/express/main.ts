// Express 5, as in "Hello world example" of its documentation.
import express from "express";
import { createHash } from "node:crypto";

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
  const { ms } = req.query;
  setTimeout(() => res.send(`slept ${ms}`), Number(ms));
});

app.post("/echo", express.raw({ type: () => true }), (req, res) => {
  res.send(req.body);
});

app.post("/upload", async (req, res) => {
  const hash = createHash("sha256");
  let bytes = 0;
  for await (const chunk of req) {
    hash.update(chunk);
    bytes += chunk.length;
  }
  res.json({ bytes, sha256: hash.digest("hex") });
});

app.get("/sse", (req, res) => {
  const { quiet } = req.query;
  res.set("Content-Type", "text/event-stream");
  res.write("data: first\n\n");
  setTimeout(() => {
    res.write(`data: quiet for ${quiet}\n\n`);
    res.end("data: last\n\n");
  }, Number(quiet));
});

app.listen(port, () => {
  console.log(`Example app listening on port ${port}`);
});
