// `websocket.publish = "redis://…"`: what is published in this worker goes to all servers that name
// the same Redis and channel, on other machines, too. Workers of one server reach each other by
// their links, whether there is a Redis or not: so each ignores what comes back from there.
//
// A message is a text: who has sent it, on a line of its own, and JSON. Redis takes bytes, but
// Bun's client gives texts: bytes are in base64.
import { isRecord } from "../../ipc/checks.ts";
import type { Published } from "./published.ts";

/** Who sends something. */
export interface Sender {
  /** Another one for each master. */
  readonly server: string;
  readonly worker: number;
}

interface Received extends Published {
  /** Who has published it, see history.ts. */
  readonly source: string;
  readonly number: number;
}

interface Body {
  readonly topic: string;
  /** See history.ts. */
  readonly number: number;
  readonly text?: string;
  readonly base64?: string;
  readonly compress?: true;
}

export function textOf({ server, worker }: Sender, message: Published, number: number): string {
  const { topic, data, compress } = message;
  const body: Body = {
    topic,
    number,
    ...(typeof data === "string"
      ? { text: data }
      : { base64: Buffer.from(data.buffer, data.byteOffset, data.length).toString("base64") }),
    ...(compress && { compress: true }),
  };
  return `${server} ${worker}\n${JSON.stringify(body)}`;
}

/**
 * What has been published elsewhere. `undefined`: it is none of pounce's messages, or is ignored.
 * @param own this server
 * @param ignores whether this sender is heard otherwise; it is asked before the rest is read
 */
export function readText(
  text: string,
  own: string,
  ignores: (sender: Sender) => boolean,
): Received | undefined {
  const end = text.indexOf("\n");
  const [server = "", worker = ""] = text.slice(0, Math.max(0, end)).split(" ");
  if (!/^\d+$/.test(worker) || ignores({ server, worker: Number(worker) })) return undefined;
  const message = published(parse(text.slice(end + 1)));
  // Those of this server have the same names as over links.
  return message && { ...message, source: server === own ? worker : `${server} ${worker}` };
}

function published(body: unknown): Omit<Received, "source"> | undefined {
  if (!isRecord(body)) return undefined;
  const { topic, number, text, base64, compress } = body as Partial<Body>;
  const data = typeof base64 === "string" ? Buffer.from(base64, "base64") : text;
  if (typeof topic !== "string" || typeof number !== "number" || data === undefined) {
    return undefined;
  }
  return { topic, number, data, compress: compress === true };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
