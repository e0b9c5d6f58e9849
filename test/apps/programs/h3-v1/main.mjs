// H3 version 1 on node:http, as in its README.
import { createServer } from "node:http";
import { createHash } from "node:crypto";
import {
  createApp,
  createRouter,
  defineEventHandler,
  getQuery,
  readRawBody,
  sendStream,
  setResponseHeader,
  toNodeListener,
} from "h3-v1";

const version = "v0";

const app = createApp();
const router = createRouter();
app.use(defineEventHandler((event) => setResponseHeader(event, "X-Version", version)));
app.use(router);

router.get(
  "/",
  defineEventHandler(() => `hello from ${version}`),
);
router.get(
  "/slow",
  defineEventHandler(async (event) => {
    const { ms } = getQuery(event);
    await new Promise((resolve) => setTimeout(resolve, Number(ms)));
    return `slept ${ms}`;
  }),
);
router.post(
  "/echo",
  defineEventHandler((event) => readRawBody(event, false)),
);
router.post(
  "/upload",
  defineEventHandler(async (event) => {
    const hash = createHash("sha256");
    let bytes = 0;
    for await (const chunk of event.node.req) {
      hash.update(chunk);
      bytes += chunk.length;
    }
    return { bytes, sha256: hash.digest("hex") };
  }),
);
router.get(
  "/sse",
  defineEventHandler((event) => {
    const { quiet } = getQuery(event);
    const events = async function* () {
      yield "data: first\n\n";
      await new Promise((resolve) => setTimeout(resolve, Number(quiet)));
      yield `data: quiet for ${quiet}\n\n`;
      yield "data: last\n\n";
    };
    setResponseHeader(event, "Content-Type", "text/event-stream");
    return sendStream(event, ReadableStream.from(events()));
  }),
);

createServer(toNodeListener(app)).listen(3000);
