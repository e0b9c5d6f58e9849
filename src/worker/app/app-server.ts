// The server object that an app's handlers get: Bun's own, except for the methods that would take
// over pounce's part. `reload` would install handlers that pounce does not know, and `stop` would
// close the listener while clients still come.
//
// All other members are passed on. `port`, `hostname` and `url` are the real ones. With several
// addresses, each has its own server of Bun with its own WebSockets: `publish` and
// `subscriberCount` treat them as one. What other workers have is not in what they return.
import { replacedBy, type ServeOptions } from "../http/serve-options.ts";

type BunServer = Bun.Server<unknown>;

interface AppServerOptions {
  /** The app has called `reload`. @param replaced as `replacedBy` gives it */
  readonly onReload: (replaced: ServeOptions) => void;
  /** The app has called `stop`. */
  readonly onStop: () => void;
  /** The servers of all addresses. */
  readonly all: () => readonly BunServer[];
  /** The app has published something, to WebSockets of all of them. */
  readonly onPublished: (...args: Parameters<BunServer["publish"]>) => void;
}

/** Restricts what an app can do to a server. pounce itself uses `reloadServer` and `stopServer`. */
export function restrictServer(
  server: BunServer,
  { onReload, onStop, all, onPublished }: AppServerOptions,
): void {
  const stop = (): Promise<void> => {
    onStop();
    return Promise.resolve();
  };
  const reload = (given: ServeOptions = {}): BunServer => {
    onReload(replacedBy(given));
    return server;
  };
  const publish = (...args: Parameters<BunServer["publish"]>): number => {
    const sent = all().reduce((sum, one) => sum + own(one).publish.apply(one, args), 0);
    onPublished(...args);
    return sent;
  };
  const subscriberCount = (topic: string): number =>
    all().reduce((sum, one) => sum + own(one).subscriberCount.call(one, topic), 0);
  Object.defineProperty(server, "pendingWebSockets", {
    configurable: true,
    get: () => all().reduce((sum, one) => sum + pendingWebSockets(one), 0),
  });
  const methods = { stop, reload, publish, subscriberCount, [Symbol.dispose]: stop };
  for (const name of Reflect.ownKeys(methods)) {
    const value: unknown = Reflect.get(methods, name);
    Object.defineProperty(server, name, { configurable: true, writable: true, value });
  }
}

/** Members that all servers of Bun have. */
function own(server: BunServer): BunServer {
  return Object.getPrototypeOf(server) as BunServer;
}

/** As Bun counts them. */
export function pendingWebSockets(server: BunServer): number {
  return Reflect.get(own(server), "pendingWebSockets", server) as number;
}

/** Installs pounce's handlers. */
export function reloadServer(server: BunServer, handlers: Record<string, unknown>): void {
  own(server).reload.call(server, handlers as never);
}

/** Closes the listener and idle connections; with `force`, all connections. */
export function stopServer(server: BunServer, force = false): void {
  void own(server).stop.call(server, force);
}
