// The least that a Bun server is.
export function serveBare(port: number): void {
  Bun.serve({
    hostname: "127.0.0.1",
    port,
    reusePort: true,
    development: false,
    fetch: () => new Response("hello"),
  });
}
