// Stands between clients and a server, and ends connections in a way that a server that speaks TLS
// would not: without a close_notify, by a reset, with what is no TLS.
import { type AddressInfo, connect, createServer, type Socket } from "node:net";

export type Cut = "fin" | "reset" | "noise";

export async function cuttingProxy(port: number) {
  const clients = new Set<Socket>();
  const server = createServer((client) => {
    const upstream = connect(port, "127.0.0.1");
    clients.add(client);
    client.on("error", () => upstream.destroy());
    upstream.on("error", () => client.destroy());
    client.on("close", () => upstream.destroy());
    client.pipe(upstream);
    upstream.pipe(client, { end: false });
  });
  await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
  const { port: own } = server.address() as AddressInfo;
  return {
    port: own,
    /** Ends all connections that there are. */
    cut(how: Cut): void {
      for (const client of clients) end(client, how);
      clients.clear();
    },
    [Symbol.dispose](): void {
      server.close();
      for (const client of clients) client.destroy();
    },
  };
}

function end(client: Socket, how: Cut): void {
  client.unpipe();
  if (how === "fin") client.end();
  else if (how === "reset") client.resetAndDestroy();
  else client.end("this is no TLS at all");
}
