// The server object that an app's handlers get: Bun's own, but for what would take pounce's place.
// `reload` would put handlers there of which pounce knows nothing, and `stop` would close the
// listener under clients.
//
// All else is passed on. `port`, `hostname` and `url` are the real ones. With several addresses
// each has a server of Bun's, and its WebSockets: for `publish` and `subscriberCount` they are one.

type BunServer = Bun.Server<unknown>;

/** What an app can put in the place of what it has exported. */
const REPLACEABLE = ["fetch", "routes", "error", "websocket"] as const;

export type Replacement = Readonly<Partial<Record<(typeof REPLACEABLE)[number], unknown>>>;

interface AppServerOptions {
  /** The app has called `reload`. */
  readonly onReload: (given: Replacement) => void;
  /** The app has called `stop`. */
  readonly onStop: () => void;
  /** The servers of all addresses. */
  readonly all: () => readonly BunServer[];
}

/** Keeps a server in pounce's hands. pounce itself uses `reloadServer` and `stopServer`. */
export function keepServer(server: BunServer, { onReload, onStop, all }: AppServerOptions): void {
  const stop = (): Promise<void> => {
    onStop();
    return Promise.resolve();
  };
  const reload = (options: Record<string, unknown> = {}): BunServer => {
    const given = REPLACEABLE.filter((name) => options[name] !== undefined);
    onReload(Object.fromEntries(given.map((name) => [name, options[name]])));
    return server;
  };
  const publish = (...args: Parameters<BunServer["publish"]>): number =>
    all().reduce((sum, one) => sum + own(one).publish.apply(one, args), 0);
  const subscriberCount = (topic: string): number =>
    all().reduce((sum, one) => sum + own(one).subscriberCount.call(one, topic), 0);
  const methods = { stop, reload, publish, subscriberCount, [Symbol.dispose]: stop };
  for (const name of Reflect.ownKeys(methods)) {
    const value: unknown = Reflect.get(methods, name);
    Object.defineProperty(server, name, { configurable: true, writable: true, value });
  }
}

/** What all servers of Bun have. */
function own(server: BunServer): BunServer {
  return Object.getPrototypeOf(server) as BunServer;
}

/** Puts pounce's handlers in place. */
export function reloadServer(server: BunServer, handlers: Record<string, unknown>): void {
  own(server).reload.call(server, handlers as never);
}

/** Closes the listener and idle connections; with `force`, all connections. */
export function stopServer(server: BunServer, force = false): void {
  void own(server).stop.call(server, force);
}
