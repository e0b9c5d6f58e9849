// srvx, as in "Getting Started" of its documentation.
import { serve } from "srvx";
import { createHash } from "node:crypto";

const version = "v0";
const headers = { "X-Version": version };

async function upload(request: Request): Promise<Response> {
  const hash = createHash("sha256");
  let bytes = 0;
  for await (const chunk of request.body!) {
    hash.update(chunk);
    bytes += chunk.length;
  }
  return Response.json({ bytes, sha256: hash.digest("hex") }, { headers });
}

async function* events(quiet: string | null) {
  yield "data: first\n\n";
  await new Promise((resolve) => setTimeout(resolve, Number(quiet)));
  yield `data: quiet for ${quiet}\n\n`;
  yield "data: last\n\n";
}

const server = serve({
  port: 3000,
  async fetch(request) {
    const { pathname, searchParams } = new URL(request.url);
    switch (pathname) {
      case "/":
        return new Response(`hello from ${version}`, { headers });
      case "/slow":
        await new Promise((resolve) => setTimeout(resolve, Number(searchParams.get("ms"))));
        return new Response(`slept ${searchParams.get("ms")}`, { headers });
      case "/echo":
        return new Response(await request.arrayBuffer(), { headers });
      case "/upload":
        return upload(request);
      case "/sse":
        return new Response(
          ReadableStream.from(events(searchParams.get("quiet"))).pipeThrough(
            new TextEncoderStream(),
          ),
          { headers },
        );
      default:
        return new Response("not found", { status: 404 });
    }
  },
});

await server.ready();

console.log(`🚀 Server ready at ${server.url}`);
