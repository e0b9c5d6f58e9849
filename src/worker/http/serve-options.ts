// The options of `Bun.serve`: which of them are an app's to decide, and which it can replace later.

/** What an app gives to `Bun.serve`, or exports in its place. */
export type ServeOptions = Readonly<Record<string, unknown>>;

/** What an app decides besides its `fetch`. */
export const APPS_OWN = ["routes", "static", "websocket", "error", "maxRequestBodySize"];
/** What an app that exports them cannot decide: they are about the address or the transport. */
export const NOT_THE_APPS = [
  "port",
  "hostname",
  "unix",
  "tls",
  "idleTimeout",
  "reusePort",
  "ipv6Only",
  "development",
  "id",
  "http1",
  "http2",
  "http3",
];
/** What an app can replace by `reload`. */
const REPLACEABLE = ["fetch", "routes", "static", "error", "websocket"];

/** All that Bun reads of what it is given, which an object may also have from its class. */
export function whatBunReads(given: ServeOptions): ServeOptions {
  return { ...given, ...picked(given, ["fetch", ...APPS_OWN, ...NOT_THE_APPS]) };
}

/** Those that an app decides, besides its `fetch`. */
export function appsOwn(given: ServeOptions): ServeOptions {
  return withRoutes(picked(given, APPS_OWN));
}

/** What an app replaces, given what it has passed to `reload`. */
export function replacedBy(given: ServeOptions): ServeOptions {
  return withRoutes(picked(given, REPLACEABLE));
}

/** `static` is the old name of `routes`, beside which Bun does not look at it. */
export function withRoutes({ static: old, ...others }: ServeOptions): ServeOptions {
  return old === undefined ? others : { routes: old, ...others };
}

function picked(given: ServeOptions, names: readonly string[]): ServeOptions {
  const there = names.filter((name) => given[name] !== undefined);
  return Object.fromEntries(there.map((name) => [name, given[name]]));
}
