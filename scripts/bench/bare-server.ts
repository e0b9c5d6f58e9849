// The least that a Bun server is, in one file, for the time and memory that a start costs.
//   bare-server.ts PORT
Bun.serve({
  hostname: "127.0.0.1",
  port: Number(process.argv[2]),
  reusePort: true,
  development: false,
  fetch: () => new Response("hello"),
});
