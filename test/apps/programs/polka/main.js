// Polka, as in its README.
const polka = require("polka");
const { createHash } = require("node:crypto");

const version = "v0";

polka()
  .use((req, res, next) => {
    res.setHeader("X-Version", version);
    next();
  })
  .get("/", (req, res) => {
    res.end(`hello from ${version}`);
  })
  .get("/slow", (req, res) => {
    setTimeout(() => res.end(`slept ${req.query.ms}`), Number(req.query.ms));
  })
  .post("/echo", (req, res) => {
    req.pipe(res);
  })
  .post("/upload", async (req, res) => {
    const hash = createHash("sha256");
    let bytes = 0;
    for await (const chunk of req) {
      hash.update(chunk);
      bytes += chunk.length;
    }
    res.end(JSON.stringify({ bytes, sha256: hash.digest("hex") }));
  })
  .get("/sse", (req, res) => {
    res.writeHead(200, { "Content-Type": "text/event-stream" });
    res.write("data: first\n\n");
    setTimeout(() => {
      res.write(`data: quiet for ${req.query.quiet}\n\n`);
      res.end("data: last\n\n");
    }, Number(req.query.quiet));
  })
  .listen(3000, (err) => {
    if (err) throw err;
    console.log("> Running on localhost:3000");
  });
