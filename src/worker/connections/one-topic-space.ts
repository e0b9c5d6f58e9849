// Lets what a WebSocket publishes reach those of other servers of Bun in this process, as if there
// were only one server: where certificates have been renewed, there are two for a while. Bun does
// not document that a method of all WebSockets can be replaced; test/worker/connections guards it.

type BunServer = Bun.Server<unknown>;
type Publish = (this: object, topic: string, data: unknown, compress?: boolean) => number;

const NAMES = ["publish", "publishText", "publishBinary"] as const;

/**
 * @param prototype of all WebSockets of this process
 * @param serverOf the server that has a WebSocket
 */
export function publishToAll(
  prototype: object,
  serverOf: (socket: object) => BunServer | undefined,
  servers: () => readonly BunServer[],
): void {
  for (const name of NAMES) {
    const own = Reflect.get(prototype, name) as Publish;
    const value: Publish = function (topic, data, compress) {
      const sent = own.call(this, topic, data, compress);
      const mine = serverOf(this);
      for (const server of servers()) if (server !== mine) publishBy(server, topic, data, compress);
      return sent;
    };
    Reflect.set(prototype, name, value);
  }
}

/** By Bun's own method: ours would publish to all servers. */
function publishBy(server: BunServer, topic: string, data: unknown, compress?: boolean): void {
  const own = Object.getPrototypeOf(server) as { readonly publish: Publish };
  own.publish.call(server, topic, data, compress);
}
