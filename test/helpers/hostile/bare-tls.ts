// A server of Bun alone, with TLS, in a process of its own: prints its port. From the first line
// that it reads on, its event loop turns all the time.
import { acceptAtOnce } from "../../../src/net/socket-options.ts";
import { findListener } from "../../../src/net/listeners.ts";
import { makeCertificate } from "../certificates.ts";

const { cert, key } = makeCertificate();
const server = Bun.serve({
  port: 0,
  hostname: "127.0.0.1",
  tls: { cert, key },
  fetch: () => new Response("hello"),
});
// Without this it takes silent clients a second longer to come.
acceptAtOnce(findListener(server.port ?? 0, []));
console.log(server.port);
for await (const _ of console) setInterval(() => undefined, 1);
