// An app that has something for each kind of client of `pounce prove`.

export const EVERY_ANSWER = `
const events = () =>
  new ReadableStream({
    async pull(controller) {
      controller.enqueue("data: event\\n\\n");
      await Bun.sleep(100);
    },
  });
export default {
  async fetch(request, server) {
    const { pathname } = new URL(request.url);
    if (pathname === "/socket") {
      return server.upgrade(request) ? undefined : new Response(null, { status: 426 });
    }
    if (pathname === "/events") {
      return new Response(events(), { headers: { "Content-Type": "text/event-stream" } });
    }
    if (pathname === "/large") return new Response(Buffer.alloc(1_000_000));
    return new Response(\`\${(await request.arrayBuffer()).byteLength} bytes\`);
  },
  websocket: { message() {} },
};
`;
export const PATHS = ["/", "/large", "/events", "/socket"];
