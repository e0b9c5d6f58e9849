// Fastify, as in "Getting Started" of its documentation.
import Fastify from "fastify";
import { createHash } from "node:crypto";
import { Readable } from "node:stream";

const version = "v0";
const fastify = Fastify({
  logger: true,
});

fastify.addContentTypeParser("*", (request, payload, done) => done(null, payload));

fastify.addHook("onRequest", async (request, reply) => {
  reply.header("X-Version", version);
});

fastify.get("/", async () => `hello from ${version}`);

fastify.get<{ Querystring: { ms: string } }>("/slow", async (request) => {
  await new Promise((resolve) => setTimeout(resolve, Number(request.query.ms)));
  return `slept ${request.query.ms}`;
});

fastify.post("/echo", async (request, reply) => reply.send(request.body ?? request.raw));

fastify.post("/upload", async (request) => {
  const hash = createHash("sha256");
  let bytes = 0;
  for await (const chunk of request.raw) {
    hash.update(chunk);
    bytes += chunk.length;
  }
  return { bytes, sha256: hash.digest("hex") };
});

fastify.get<{ Querystring: { quiet: string } }>("/sse", async (request, reply) => {
  const { quiet } = request.query;
  const events = async function* () {
    yield "data: first\n\n";
    await new Promise((resolve) => setTimeout(resolve, Number(quiet)));
    yield `data: quiet for ${quiet}\n\n`;
    yield "data: last\n\n";
  };
  return reply.type("text/event-stream").send(Readable.from(events()));
});

// Run the server!
try {
  await fastify.listen({ port: 3000 });
} catch (err) {
  fastify.log.error(err);
  process.exit(1);
}
