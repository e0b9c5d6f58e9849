// Hono on node:http by its node-server, as in its README.
import { serve } from "@hono/node-server";
import { Hono } from "hono";
import { streamSSE } from "hono/streaming";
import { createHash } from "node:crypto";

const version = "v0";
const app = new Hono();

app.use(async (c, next) => {
  await next();
  c.header("X-Version", version);
});

app.get("/", (c) => c.text(`hello from ${version}`));

app.get("/slow", async (c) => {
  await new Promise((resolve) => setTimeout(resolve, Number(c.req.query("ms"))));
  return c.text(`slept ${c.req.query("ms")}`);
});

app.post("/echo", async (c) => c.body(await c.req.arrayBuffer()));

app.post("/upload", async (c) => {
  const hash = createHash("sha256");
  let bytes = 0;
  for await (const chunk of c.req.raw.body!) {
    hash.update(chunk);
    bytes += chunk.length;
  }
  return c.json({ bytes, sha256: hash.digest("hex") });
});

app.get("/sse", (c) =>
  streamSSE(c, async (stream) => {
    const quiet = c.req.query("quiet");
    await stream.writeSSE({ data: "first" });
    await stream.sleep(Number(quiet));
    await stream.writeSSE({ data: `quiet for ${quiet}` });
    await stream.writeSSE({ data: "last" });
  }),
);

serve({ fetch: app.fetch, port: 3000 }, (info) => {
  console.log(`Listening on http://localhost:${info.port}`); // Listening on http://localhost:3000
});
