// Where a Redis is, as an operator writes it: a URL as Bun's client takes it, and in its query the
// channel to publish on.

/** What may be before `://`; by TLS with an `s` or `tls`. */
const PROTOCOLS: ReadonlySet<string> = new Set([
  "redis:",
  "rediss:",
  "redis+tls:",
  "redis+unix:",
  "redis+tls+unix:",
  "valkey:",
  "valkeys:",
]);

const DEFAULT_CHANNEL = "pounce";

interface RedisPlace {
  /** For the client. */
  readonly url: string;
  readonly channel: string;
  /** The same place without what is nobody's business, for the log. */
  readonly shown: string;
}

/** `undefined`: it is no such URL, or has more in its query than `channel`. */
export function redisPlace(text: string): RedisPlace | undefined {
  const url = URL.parse(text);
  if (url === null || !PROTOCOLS.has(url.protocol)) return undefined;
  const names = [...url.searchParams.keys()];
  const channel = url.searchParams.get("channel") ?? DEFAULT_CHANNEL;
  const isUnix = url.protocol.includes("unix");
  if (names.some((name) => name !== "channel") || names.length > 1 || channel === "") {
    return undefined;
  }
  if (url.hash !== "" || (isUnix ? url.pathname.length < 2 : url.hostname === "")) return undefined;
  const shown = `${url.protocol}//${url.host}${url.pathname === "/" ? "" : url.pathname}`;
  return { url: text.split("?", 1)[0] ?? text, channel, shown };
}

/** The URL for people, without user and password. */
export function withoutSecrets(text: string): string {
  return text.replace(/\/\/[^/?#]*@/, "//***@");
}
