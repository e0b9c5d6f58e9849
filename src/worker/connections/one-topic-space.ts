// Lets what a WebSocket publishes reach those of other servers of Bun in this process, as if there
// were only one server: where certificates have been renewed, there are two for a while. And lets
// those be told who have WebSockets in other processes. Bun does not document that a method of all
// WebSockets can be replaced; test/worker/connections guards it.

type BunServer = Bun.Server<unknown>;
type Arguments = readonly [topic: string, data: unknown, compress?: boolean];
type Publish = (this: object, ...args: Arguments) => number;

const NAMES = ["publish", "publishText", "publishBinary"] as const;

interface TopicSpace {
  /** The server that has a WebSocket; undefined: it is none of pounce's. */
  readonly serverOf: (socket: object) => BunServer | undefined;
  readonly servers: () => readonly BunServer[];
  /** Is told what has been published, after it was. */
  readonly onPublished: (...args: Arguments) => void;
}

/** @param prototype of all WebSockets of this process */
export function publishToAll(prototype: object, space: TopicSpace): void {
  for (const name of NAMES) {
    const own = Reflect.get(prototype, name) as Publish;
    const value: Publish = function (...args) {
      const sent = own.apply(this, args);
      const mine = space.serverOf(this);
      if (mine === undefined) return sent;
      for (const server of space.servers()) if (server !== mine) publishBy(server, args);
      space.onPublished(...args);
      return sent;
    };
    Reflect.set(prototype, name, value);
  }
}

/** By Bun's own method: ours would publish to all servers. */
function publishBy(server: BunServer, args: Arguments): void {
  const own = Object.getPrototypeOf(server) as { readonly publish: Publish };
  own.publish.apply(server, [...args]);
}
