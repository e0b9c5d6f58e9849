// What a client of TLS says first.
import { createServer } from "node:net";
import { connect } from "node:tls";

/** Such a message, as a client has sent it. */
export function clientHello(): Promise<Buffer> {
  const { promise, resolve } = Promise.withResolvers<Buffer>();
  const server = createServer((socket) => {
    socket.once("data", (bytes) => {
      resolve(Buffer.from(bytes));
      socket.destroy();
      server.close();
    });
  });
  server.listen(0, "127.0.0.1", () => {
    const place = server.address();
    const port = typeof place === "object" && place !== null ? place.port : 0;
    connect({ host: "127.0.0.1", port, rejectUnauthorized: false }).on("error", () => undefined);
  });
  return promise;
}
