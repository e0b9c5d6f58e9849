// Elysia, as in "Quick Start" of its documentation, with a WebSocket.
import { Elysia } from "elysia";

const version = "v0";

const app = new Elysia()
  .onRequest(({ set }) => {
    set.headers["x-version"] = version;
  })
  .get("/", () => `hello from ${version}`)
  .get("/slow", async ({ query }) => {
    await Bun.sleep(Number(query["ms"]));
    return `slept ${query["ms"]}`;
  })
  .post("/echo", ({ request }) => request.arrayBuffer(), { parse: "none" })
  .post(
    "/upload",
    async ({ request }) => {
      const hash = new Bun.CryptoHasher("sha256");
      let bytes = 0;
      for await (const chunk of request.body!) {
        hash.update(chunk);
        bytes += chunk.length;
      }
      return { bytes, sha256: hash.digest("hex") };
    },
    { parse: "none" },
  )
  .get("/sse", async function* ({ query, set }) {
    set.headers["content-type"] = "text/event-stream";
    yield "first";
    await Bun.sleep(Number(query["quiet"]));
    yield `quiet for ${query["quiet"]}`;
    yield "last";
  })
  .ws("/ws", {
    message(ws, message) {
      ws.send(`${version}: ${message}`);
    },
  })
  .listen(3000);

console.log(`🦊 Elysia is running at ${app.server?.hostname}:${app.server?.port}`);
