// What every project of this folder answers, from its catch-all route: an endpoint for each mode of
// the load, like test/fixtures/hono.ts. The runner copies this file into each project.
import { createHash } from "node:crypto";

const version = "pounce-version-0";
const headers = { "x-version": version };

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** @param {Request} request */
export async function answer(request) {
  const { pathname, searchParams } = new URL(request.url);
  switch (pathname) {
    case "/":
      return text(`hello from ${version}`);
    case "/slow": {
      const ms = Number(searchParams.get("ms"));
      await pause(ms);
      return text(`slept ${ms}`);
    }
    case "/upload":
      return upload(request);
    case "/echo":
      return new Response(await request.arrayBuffer(), { headers });
    case "/sse":
      return events(Number(searchParams.get("quiet")));
    case "/cookies":
      return cookies();
    case "/redirect":
      return new Response(null, { status: 302, headers: { ...headers, location: "/" } });
    case "/seen": {
      const forwarded = request.headers.get("x-forwarded-for");
      return Response.json({ method: request.method, search: searchParams.get("a"), forwarded });
    }
    case "/env": {
      const { PORT = null, HOST = null, NODE_ENV = null } = process.env;
      return Response.json({ PORT, HOST, NODE_ENV, argv: process.argv.slice(2) });
    }
    default:
      return new Response("not found", { status: 404, headers });
  }
}

function text(body) {
  return new Response(body, { headers });
}

function cookies() {
  const response = text("cookies");
  response.headers.append("set-cookie", "a=1; Path=/");
  response.headers.append("set-cookie", "b=2; HttpOnly");
  return response;
}

async function upload(request) {
  const hash = createHash("sha256");
  let bytes = 0;
  for await (const chunk of request.body ?? []) {
    hash.update(chunk);
    bytes += chunk.length;
  }
  const body = JSON.stringify({ bytes, sha256: hash.digest("hex") });
  return new Response(body, { headers: { ...headers, "content-type": "application/json" } });
}

function events(quietMs) {
  const encoder = new TextEncoder();
  const stream = new ReadableStream({
    async start(controller) {
      const say = (data) => controller.enqueue(encoder.encode(`data: ${data}\n\n`));
      say("first");
      await pause(quietMs);
      say(`quiet for ${quietMs}`);
      say("last");
      controller.close();
    },
  });
  return new Response(stream, { headers: { ...headers, "content-type": "text/event-stream" } });
}
