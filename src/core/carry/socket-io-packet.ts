// Packets of Socket.IO (protocol 5) in messages of Engine.IO (protocol 4), as far as one has to
// understand them to carry a session: what kind one is, of which namespace, and which answer it
// asks for. What it says is the app's.
// https://socket.io/docs/v4/socket-io-protocol/, https://socket.io/docs/v4/engine-io-protocol/

/** Packets of Engine.IO. */
export const ENGINE = { open: "0", ping: "2", pong: "3", message: "4", upgrade: "5" } as const;

const KINDS = [
  "connect",
  "disconnect",
  "event",
  "ack",
  "connect-error",
  "binary-event",
  "binary-ack",
] as const;

export interface Packet {
  readonly kind: (typeof KINDS)[number];
  /** How many messages of bytes follow that belong to it. */
  readonly attachments: number;
  readonly namespace: string;
  /** Which answer an event asks for, or an ack gives: a number, with its namespace. */
  readonly ack: string | undefined;
  /** The rest: JSON, or nothing. */
  readonly rest: string;
}

/** The kind; attachments, if any; the namespace, if not `/`; the number of an ack, if any. */
const HEAD = /^4([0-6])(?:(\d{1,4})-)?(?:(\/[^,]*)(?:,|$))?(\d{0,16})/;

/** `undefined`: that is no packet. @param message of Engine.IO, with its `4` */
export function readPacket(message: string): Packet | undefined {
  const found = HEAD.exec(message);
  if (found === null) return undefined;
  const [head, kindAt, count, namespace = "/", number = ""] = found;
  const kind = KINDS[Number(kindAt)];
  if (kind === undefined || (count !== undefined) !== kind.startsWith("binary")) return undefined;
  const rest = message.slice(head.length);
  const isJson = rest === "" || rest.startsWith("[") || rest.startsWith("{");
  if (!isJson && kind !== "connect-error") return undefined;
  const ack = number === "" ? undefined : `${namespace},${number}`;
  return { kind, attachments: Number(count ?? 0), namespace, ack, rest };
}

/**
 * The packet by which a client asks for a namespace, without what it asks to be sent again: it has
 * got that since, when it came back from a connection that broke.
 */
export function withoutRecovery(connect: string): string {
  const { rest = "" } = readPacket(connect) ?? {};
  const { pid, offset, ...auth } = members(rest);
  if (pid === undefined && offset === undefined) return connect;
  return connect.slice(0, connect.length - rest.length) + JSON.stringify(auth);
}

export interface Pings {
  readonly intervalMs: number;
  readonly timeoutMs: number;
}

/** When the server pings, as it tells a client at the beginning; undefined: it does not. */
export function readOpen(packet: string): Pings | undefined {
  const { pingInterval, pingTimeout } = members(packet.slice(1));
  if (typeof pingInterval !== "number" || typeof pingTimeout !== "number") return undefined;
  return { intervalMs: pingInterval, timeoutMs: pingTimeout };
}

/** Of an object in JSON; none, if it is not one. */
export function members(json: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(json);
    return typeof value === "object" && value !== null ? { ...value } : {};
  } catch {
    return {};
  }
}
