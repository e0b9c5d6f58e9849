// What a hostile client sends on one connection, and what must become of it. PATH stands for a path
// of its own, as a request's target and in what the app was called with; the app answers 200.

export interface Exchange {
  /** All that is sent; parts are sent one after another, with a pause between them. */
  readonly sends: string | readonly string[];
  /** Each byte is a part. */
  readonly byByte?: boolean;
  /** The client closes its side after that. */
  readonly thenCloses?: boolean;
  /** The statuses of all answers, and what becomes of the connection: `"200 400 closed"`. */
  readonly answers: string;
  /** What the app was called with: method, target, body (`!`: it could not be read). */
  readonly calls: readonly string[];
  /**
   * The standard (RFC 9112 or 9110; 6455 for WebSockets) asks for something else, and only Bun's
   * parser could do it: what it asks for. Those that can do harm behind a proxy are in proxies.md.
   */
  readonly amiss?: string;
}

export const SERVED = "200 open";
export const REFUSED = "400 closed";

/** The head of a request: its first line, Host, and other fields. */
export function head(line: string, ...headers: readonly string[]): string {
  return `${[line, "Host: a", ...headers].join("\r\n")}\r\n\r\n`;
}

export const get = (path: string, ...headers: readonly string[]): string =>
  head(`GET ${path} HTTP/1.1`, ...headers);

export const post = (...headers: readonly string[]): string =>
  head("POST PATH HTTP/1.1", ...headers);

/** A request that nobody has sent, if it is taken for one inside of another. */
export const HIDDEN = get("/hidden");
/** One that follows, and is to be answered. */
export const NEXT = get("PATH/next");

/** Many that end alike. */
export function all(
  sent: readonly string[],
  answers: string,
  calls: readonly string[] = [],
  amiss?: string,
): Exchange[] {
  const why = amiss === undefined ? {} : { amiss };
  return sent.map((sends) => ({ sends, answers, calls, ...why }));
}
