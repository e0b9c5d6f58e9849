// Koa with its router.
const Koa = require("koa");
const Router = require("@koa/router");
const { createReadStream, statSync } = require("node:fs");
const { join } = require("node:path");
const { Readable } = require("node:stream");
const { createGzip } = require("node:zlib");
const node = require("./node.cjs");

const app = new Koa({ proxy: true, keys: ["a key"] });
const router = new Router();
app.silent = true;

app.use((ctx, next) => {
  if (!ctx.path.startsWith("/node/")) return next();
  ctx.respond = false;
  node(ctx.req, ctx.res);
});

router.get("/cookies", (ctx) => {
  ctx.cookies.set("a", "1", { sameSite: "lax" });
  ctx.cookies.set("b", "2", { signed: true });
  ctx.body = { got: ctx.cookies.get("x") };
});
router.get("/redirect", (ctx) => ctx.redirect("/elsewhere?x=1"));
router.get("/moved", (ctx) => {
  ctx.status = 301;
  ctx.redirect("https://example.com/");
});
router.get("/ip", (ctx) => {
  const { ip, ips, protocol, secure, host, hostname, href } = ctx.request;
  ctx.body = { ip, ips, protocol, secure, host, hostname, href };
});
router.get("/text", (ctx) => {
  ctx.body = "the same text each time";
  ctx.etag = "of the text";
  if (ctx.fresh) ctx.status = 304;
});
router.get("/empty", (ctx) => {
  ctx.status = 204;
});
router.get("/static/text.txt", (ctx) => {
  const path = join(__dirname, "files/text.txt");
  ctx.lastModified = statSync(path).mtime;
  if (ctx.fresh) {
    ctx.status = 304;
    return;
  }
  ctx.body = createReadStream(path);
  ctx.attachment("text.txt");
});
router.post("/json", async (ctx) => {
  const chunks = [];
  for await (const chunk of ctx.req) chunks.push(chunk);
  ctx.body = { parsed: JSON.parse(Buffer.concat(chunks)) };
});
router.get("/compressed", (ctx) => {
  ctx.set("Content-Encoding", "gzip");
  ctx.body = Readable.from(["to be compressed ".repeat(500)]).pipe(createGzip());
});
router.get("/sse", (ctx) => {
  const events = async function* () {
    for (const count of [1, 2, 3]) {
      await new Promise((resolve) => setTimeout(resolve, 20));
      yield `data: ${count}\n\n`;
    }
  };
  ctx.type = "text/event-stream";
  ctx.body = Readable.from(events());
});
router.get("/throws", () => {
  throw new Error("thrown");
});
router.get("/rejects", async (ctx) => {
  await null;
  ctx.throw(422, "rejected");
});
// What a client would see of a failure in the middle of an answer.
router.get("/breaks", (ctx) => {
  const parts = async function* () {
    yield "some of it";
    await new Promise((resolve) => setTimeout(resolve, 50));
    throw new Error("broken");
  };
  ctx.body = Readable.from(parts());
});

app.use(router.routes()).use(router.allowedMethods());

app.listen(3000, "127.0.0.1");
