// Fastify with its own plugins.
import compress from "@fastify/compress";
import multipart from "@fastify/multipart";
import files from "@fastify/static";
import Fastify from "fastify";
import { join } from "node:path";
import { Readable } from "node:stream";
import node from "./node.cjs";

const fastify = Fastify({ trustProxy: true });

await fastify.register(multipart);
await fastify.register(compress, { global: false });
await fastify.register(files, {
  root: join(import.meta.dirname, "files"),
  prefix: "/static/",
  maxAge: "1d",
});

// The parsers would read what the handler is to read.
await fastify.register(async (scope) => {
  scope.removeAllContentTypeParsers();
  scope.addContentTypeParser("*", (request, payload, done) => done(null));
  scope.all("/node/*", (request, reply) => {
    reply.hijack();
    node(request.raw, reply.raw);
  });
});

fastify.get("/cookies", async (request, reply) => {
  reply.header("Set-Cookie", ["a=1; HttpOnly", "b=x%20y; Max-Age=0"]);
  return { got: request.headers.cookie };
});
fastify.get("/redirect", async (request, reply) => reply.redirect("/elsewhere?x=1"));
fastify.get("/moved", async (request, reply) => reply.redirect("https://example.com/", 301));
fastify.get("/ip", async ({ ip, ips, protocol, host, hostname, port }) => {
  return { ip, ips, protocol, host, hostname, port };
});
fastify.get("/text", async () => "the same text each time");
fastify.get("/empty", async (request, reply) => reply.code(204).send());
fastify.get("/download", async (request, reply) => reply.download("text.txt"));
fastify.post("/json", async (request) => ({ parsed: request.body }));
fastify.post("/multipart", async (request) => {
  const told: unknown[] = [];
  for await (const part of request.parts()) {
    if (part.type === "file") {
      told.push([part.fieldname, part.filename, (await part.toBuffer()).length]);
    } else {
      told.push([part.fieldname, part.value]);
    }
  }
  return told;
});
fastify.get("/compressed", { compress: { threshold: 0 } }, async (request, reply) => {
  return reply.compress("to be compressed ".repeat(500));
});
fastify.get("/sse", async (request, reply) => {
  const events = async function* () {
    for (const count of [1, 2, 3]) {
      await new Promise((resolve) => setTimeout(resolve, 20));
      yield `data: ${count}\n\n`;
    }
  };
  return reply.type("text/event-stream").send(Readable.from(events()));
});
fastify.get("/throws", () => {
  throw new Error("thrown");
});
fastify.get("/rejects", async () => {
  await null;
  throw Object.assign(new Error("rejected"), { statusCode: 422 });
});
fastify.get("/trailing", (request, reply) => {
  reply.trailer("X-Sum", (_reply, _payload, done) => done(null, "6"));
  reply.send("summed");
});
fastify.get("/hints", (request, reply) => {
  reply.raw.writeEarlyHints({ link: "</style.css>; rel=preload" }, () => reply.send("hinted"));
});

await fastify.listen({ port: 3000, host: "127.0.0.1" });
