// Koa in CommonJS, as in "Hello Koa" of its documentation, with its router.
"use strict";
const Koa = require("koa");
const Router = require("@koa/router");
const { createHash } = require("node:crypto");
const { Readable } = require("node:stream");

const version = "v0";
const app = new Koa();
const router = new Router();

const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

app.use(async (ctx, next) => {
  ctx.set("X-Version", version);
  await next();
});

router.get("/", async (ctx) => {
  ctx.body = `hello from ${version}`;
});

router.get("/slow", async (ctx) => {
  await sleep(Number(ctx.query.ms));
  ctx.body = `slept ${ctx.query.ms}`;
});

router.post("/echo", async (ctx) => {
  ctx.body = ctx.req;
});

router.post("/upload", async (ctx) => {
  const hash = createHash("sha256");
  let bytes = 0;
  for await (const chunk of ctx.req) {
    hash.update(chunk);
    bytes += chunk.length;
  }
  ctx.body = { bytes, sha256: hash.digest("hex") };
});

router.get("/sse", async (ctx) => {
  const events = async function* () {
    yield "data: first\n\n";
    await sleep(Number(ctx.query.quiet));
    yield `data: quiet for ${ctx.query.quiet}\n\n`;
    yield "data: last\n\n";
  };
  ctx.type = "text/event-stream";
  ctx.body = Readable.from(events());
});

app.use(router.routes());

app.listen(3000);
