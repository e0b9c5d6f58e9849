// Bun.serve with routes and WebSockets, as in "Server" of Bun's documentation.
const version = "v0";
const headers = { "X-Version": version };

const server = Bun.serve({
  port: 3000,
  routes: {
    "/": () => new Response(`hello from ${version}`, { headers }),
    "/static": new Response(`static ${version}`),
    "/file": new Response(Bun.file(`${import.meta.dir}/file.txt`)),
    "/slow": async (req) => {
      const ms = new URL(req.url).searchParams.get("ms");
      await Bun.sleep(Number(ms));
      return new Response(`slept ${ms}`, { headers });
    },
    "/echo": { POST: async (req) => new Response(await req.arrayBuffer(), { headers }) },
    "/upload": {
      POST: async (req) => {
        const hash = new Bun.CryptoHasher("sha256");
        let bytes = 0;
        for await (const chunk of req.body!) {
          hash.update(chunk);
          bytes += chunk.length;
        }
        return Response.json({ bytes, sha256: hash.digest("hex") }, { headers });
      },
    },
    "/sse": (req) => {
      const quiet = Number(new URL(req.url).searchParams.get("quiet"));
      const events = async function* () {
        yield "data: first\n\n";
        await Bun.sleep(quiet);
        yield `data: quiet for ${quiet}\n\n`;
        yield "data: last\n\n";
      };
      return new Response(events(), {
        headers: { ...headers, "Content-Type": "text/event-stream" },
      });
    },
  },
  fetch(req) {
    if (server.upgrade(req)) return undefined;
    return new Response("Not Found", { status: 404 });
  },
  websocket: {
    message(ws, message) {
      ws.send(`${version}: ${message}`);
    },
  },
});

console.log(`Server running at ${server.url}`);
