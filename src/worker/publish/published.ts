// What an app publishes on a topic: as it reaches the WebSockets of this process, and as it travels
// to others.

import type { History } from "./history.ts";

type BunServer = Bun.Server<unknown>;
type Publish = (this: object, topic: string, data: unknown, compress?: boolean) => number;

export interface Published {
  readonly topic: string;
  /** A text, or bytes: a client gets one or the other. */
  readonly data: string | Uint8Array;
  readonly compress: boolean;
}

/** The arguments of `publish` as Bun understands them, once it has taken them. */
export function publishedBy(
  topic: unknown,
  data: unknown,
  compress: unknown,
): Published | Promise<Published> {
  const message = { topic: String(topic), compress: Boolean(compress) };
  // Its bytes cannot be read at once.
  if (data instanceof Blob) return data.bytes().then((bytes) => ({ ...message, data: bytes }));
  return { ...message, data: bytesOf(data) ?? String(data) };
}

function bytesOf(data: unknown): Uint8Array | undefined {
  if (ArrayBuffer.isView(data)) {
    return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  }
  const isBuffer = data instanceof ArrayBuffer || data instanceof SharedArrayBuffer;
  return isBuffer ? new Uint8Array(data) : undefined;
}

/** Sends it to all WebSockets of these servers that have subscribed. */
export function deliver(
  servers: readonly BunServer[],
  { topic, compress }: Omit<Published, "data">,
  data: () => Published["data"],
): void {
  for (const server of servers) {
    // Ours would publish to all servers, and tell the others.
    const own = Object.getPrototypeOf(server) as {
      readonly publish: Publish;
      readonly subscriberCount: (this: object, topic: string) => number;
    };
    if (own.subscriberCount.call(server, topic) === 0) continue;
    own.publish.call(server, topic, data(), compress);
  }
}

/** With a body of bytes beside it. */
interface Header {
  readonly topic: string;
  /** See history.ts. */
  readonly number: number;
  readonly isBinary?: true;
  readonly compress?: true;
}

export function headerOf({ topic, data, compress }: Published, number: number): Header {
  return {
    topic,
    number,
    ...(typeof data !== "string" && { isBinary: true }),
    ...(compress && { compress: true }),
  };
}

export function bodyOf({ data }: Published): Uint8Array {
  return typeof data === "string" ? Buffer.from(data) : data;
}

/**
 * Delivers what has come from a worker, and notes it. What is no such message is dropped: nobody
 * sends one.
 */
export function deliverReceived(
  servers: readonly BunServer[],
  history: History,
  peer: number,
  { header, body }: { readonly header: object; readonly body: Uint8Array },
): void {
  const { topic, number, isBinary = false, compress = false } = header as Partial<Header>;
  if (typeof topic !== "string" || typeof number !== "number") return;
  const { buffer, byteOffset, length } = body;
  let read: Published["data"] | undefined;
  const data = (): Published["data"] =>
    (read ??= isBinary ? body : Buffer.from(buffer, byteOffset, length).toString());
  deliver(servers, { topic, compress }, data);
  history.note(String(peer), number, { topic, compress, data: history.keeps ? data() : "" });
}
