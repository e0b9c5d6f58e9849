// H3 version 2, as in "Getting Started" of its documentation.
import { H3, serve } from "h3";
import { createHash } from "node:crypto";

const version = "v0";

const app = new H3()
  .use((event) => {
    event.res.headers.set("X-Version", version);
  })
  .get("/", () => `hello from ${version}`)
  .get("/slow", async (event) => {
    const ms = event.url.searchParams.get("ms");
    await new Promise((resolve) => setTimeout(resolve, Number(ms)));
    return `slept ${ms}`;
  })
  .post("/echo", (event) => event.req.arrayBuffer())
  .post("/upload", async (event) => {
    const hash = createHash("sha256");
    let bytes = 0;
    for await (const chunk of event.req.body!) {
      hash.update(chunk);
      bytes += chunk.length;
    }
    return { bytes, sha256: hash.digest("hex") };
  })
  .get("/sse", (event) => {
    const quiet = event.url.searchParams.get("quiet");
    const events = async function* () {
      yield "data: first\n\n";
      await new Promise((resolve) => setTimeout(resolve, Number(quiet)));
      yield `data: quiet for ${quiet}\n\n`;
      yield "data: last\n\n";
    };
    event.res.headers.set("Content-Type", "text/event-stream");
    return ReadableStream.from(events()).pipeThrough(new TextEncoderStream());
  });

serve(app, { port: 3000 });
