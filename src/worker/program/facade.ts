// What a program holds in place of the server that it has started: a genuine server of Bun, which
// listens where nobody can see it, shows the address at which it is really served, and passes on
// what the program asks of it.
import type { TcpAddress } from "../../net/address.ts";
import { here } from "../../platform.ts";
import { NativeResponse, nativeServe } from "../http/native.ts";
import type { ServeOptions } from "../http/serve-options.ts";
import { hostInUrl } from "../http/place.ts";

type BunServer = Bun.Server<unknown>;

/** What is behind the facade of a server of `Bun.serve`. */
interface Behind {
  /** The real ones; none before it is served. */
  servers(): readonly BunServer[];
  upgrade(...args: Parameters<BunServer["upgrade"]>): boolean;
  reload(given: ServeOptions): void;
  stop(force: boolean): Promise<void>;
}

/** Methods that act on connections, which only the real servers have, and what they publish. */
const PASSED_ON = ["requestIP", "timeout", "fetch", "publish", "subscriberCount"] as const;
const LOOPBACK = { hostname: "127.0.0.1", port: 0 };

let lastNumber = 0;

/**
 * A server of Bun where nobody comes. node:http needs its own options in it; for the rest, Bun
 * needs something that answers.
 */
export function listenUnseen(options: ServeOptions): BunServer {
  const { onNodeHTTPRequest, maxRequestBodySize } = options;
  const given = onNodeHTTPRequest === undefined ? { fetch: unavailable } : { onNodeHTTPRequest };
  const common = { ...given, maxRequestBodySize, development: false, idleTimeout: 0 };
  const unix = `\0pounce-captured-${process.pid}-${lastNumber++}`;
  const at = here.hasAbstractSockets ? { unix } : LOOPBACK;
  return nativeServe({ ...common, ...at } as Bun.Serve.Options<unknown>);
}

function unavailable(): Response {
  return new NativeResponse(null, { status: 503 });
}

/**
 * Makes a facade show where it is served.
 * @param address the one to show before
 */
export function showAddress(
  facade: BunServer,
  { host, port }: TcpAddress,
  isSecure: boolean,
  servers: Behind["servers"],
): void {
  const protocol = isSecure ? "https" : "http";
  const family = host.includes(":") ? "IPv6" : "IPv4";
  const shown = {
    port,
    hostname: host,
    url: new URL(`${protocol}://${hostInUrl(host)}:${port}/`),
    address: { address: host, family, port },
    protocol,
  };
  for (const name of Object.keys(shown)) {
    const get = (): unknown => Reflect.get(servers()[0] ?? shown, name);
    Object.defineProperty(facade, name, { configurable: true, get });
  }
}

/** Makes the facade of a server of `Bun.serve` pass on what the program asks of it. */
export function passOn(facade: BunServer, { servers, upgrade, reload, stop }: Behind): void {
  const methods: Record<string | symbol, (...args: never[]) => unknown> = {
    upgrade,
    reload: (given: ServeOptions = {}) => {
      reload(given);
      return facade;
    },
    stop: (force = false) => stop(force),
    [Symbol.dispose]: () => void stop(true),
    [Symbol.asyncDispose]: () => stop(true),
  };
  for (const name of PASSED_ON) {
    const own = facade[name].bind(facade) as (...args: never[]) => unknown;
    methods[name] = (...args) => {
      const real = servers().at(-1);
      return real === undefined ? own(...args) : Reflect.apply(real[name], real, args);
    };
  }
  for (const name of Reflect.ownKeys(methods)) {
    const value = methods[name as string];
    Object.defineProperty(facade, name, { configurable: true, writable: true, value });
  }
  const counts = {
    pendingRequests: () => servers().reduce((sum, server) => sum + server.pendingRequests, 0),
    // Each tells those of all.
    pendingWebSockets: () => servers()[0]?.pendingWebSockets ?? 0,
  };
  for (const [name, get] of Object.entries(counts)) {
    Object.defineProperty(facade, name, { configurable: true, get });
  }
}
