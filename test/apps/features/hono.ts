// Hono on node:http by its node-server, with its own middleware.
import { type HttpBindings, serve } from "@hono/node-server";
import { serveStatic } from "@hono/node-server/serve-static";
import { RESPONSE_ALREADY_SENT } from "@hono/node-server/utils/response";
import { Hono } from "hono";
import { compress } from "hono/compress";
import { getCookie, setCookie } from "hono/cookie";
import { etag } from "hono/etag";
import { HTTPException } from "hono/http-exception";
import { streamSSE, streamText } from "hono/streaming";
import { join, relative } from "node:path";
import node from "./node.cjs";

const app = new Hono<{ Bindings: HttpBindings }>();

app.all("/node/*", (c) => {
  node(c.env.incoming, c.env.outgoing);
  return RESPONSE_ALREADY_SENT;
});

const root = relative(process.cwd(), import.meta.dirname);
app.use(
  "/static/*",
  serveStatic({ root: join(root, "files"), rewriteRequestPath: (path) => path.slice(7) }),
);

app.get("/cookies", (c) => {
  setCookie(c, "a", "1", { httpOnly: true });
  setCookie(c, "b", "x y", { maxAge: 0 });
  return c.json({ got: getCookie(c) });
});
app.get("/redirect", (c) => c.redirect("/elsewhere?x=1"));
app.get("/moved", (c) => c.redirect("https://example.com/", 301));
app.get("/ip", (c) => c.json([c.env.incoming.socket.remoteAddress, c.req.url, c.req.header()]));
app.get("/text", etag(), (c) => c.text("the same text each time"));
app.get("/empty", (c) => c.body(null, 204));
app.post("/json", async (c) => c.json({ parsed: await c.req.json() }));
app.post("/multipart", async (c) => {
  const body = await c.req.parseBody({ all: true });
  const told = Object.entries(body).map(([name, value]) => [
    name,
    value instanceof File ? [value.name, value.size, value.type] : value,
  ]);
  return c.json(told);
});
app.get("/compressed", compress(), (c) => c.text("to be compressed ".repeat(500)));
app.get("/sse", (c) =>
  streamSSE(c, async (stream) => {
    for (const count of [1, 2, 3]) {
      await stream.sleep(20);
      await stream.writeSSE({ data: `${count}` });
    }
  }),
);
app.get("/streamed", (c) =>
  streamText(c, async (stream) => {
    await stream.write("a");
    await stream.sleep(20);
    await stream.write("b");
  }),
);
app.get("/throws", () => {
  throw new HTTPException(418, { message: "thrown" });
});
app.get("/rejects", async () => {
  await null;
  throw new Error("rejected");
});

serve({ fetch: app.fetch, port: 3000, hostname: "127.0.0.1" });
