// Speaks to a control socket. The server must give a sign of life every few seconds: its answer,
// or, while an order takes time, empty lines (see order-stream.ts).
import { accessSync, constants, statSync } from "node:fs";
import { LINES } from "./order-stream.ts";
import type { ServerCard } from "./protocol.ts";
import { here } from "../platform.ts";

export type Reply =
  | { readonly kind: "answer"; readonly status: number; readonly body: Record<string, unknown> }
  | NoReply;

export type NoReply =
  /** Nobody that we could reach listens there; `why` in a few words, if there is more to say. */
  | { readonly kind: "nobody"; readonly why: string | undefined }
  /** A server went away without an answer. `wasTaken`: it had already taken the order. */
  | { readonly kind: "gone"; readonly wasTaken: boolean }
  /** A server listens but gives no sign of life. */
  | { readonly kind: "silent" }
  /** The program that answers is not pounce. */
  | { readonly kind: "foreign" };

/** How long a server may give no sign of life. */
export const SILENCE_MS = 5000;

/** How soon to ask again if a server already has as many clients as it takes. */
const BUSY_AGAIN_MS = 100;
/** How often at most to ask again if a server that is even busier than that hangs up. */
const MOST_HANGUPS = 5;

/**
 * Sends one request, and waits for its answer.
 * @param silenceMs how long the server may give no sign of life
 * @param onTaken is called when it has taken an order that takes time
 */
export async function ask(
  path: string,
  method: "GET" | "POST",
  url: string,
  silenceMs: number = SILENCE_MS,
  onTaken?: () => void,
): Promise<Reply> {
  const untilMs = performance.now() + silenceMs;
  for (let hangups = 0; ;) {
    const reply = await askOnce(path, method, url, silenceMs, onTaken);
    // Only a question may be asked twice.
    const isHangup = reply.kind === "gone" && method === "GET" && hangups++ < MOST_HANGUPS;
    if (reply.kind !== "busy" && !isHangup) return reply;
    if (performance.now() > untilMs) return { kind: "silent" };
    await Bun.sleep(BUSY_AGAIN_MS);
  }
}

/**
 * `busy`: the server took nothing, because it has as many clients as it takes (see
 * small-server.ts).
 */
async function askOnce(
  path: string,
  method: "GET" | "POST",
  url: string,
  silenceMs: number,
  onTaken?: () => void,
): Promise<Reply | { readonly kind: "busy" }> {
  const abort = new AbortController();
  let timer: ReturnType<typeof setTimeout> | undefined;
  const heard = (): void => {
    clearTimeout(timer);
    if (silenceMs !== Infinity) timer = setTimeout(() => abort.abort(), silenceMs);
  };
  let wasTaken = false;
  heard();
  try {
    const response = await fetch(`http://pounce${url}`, {
      method,
      unix: path,
      timeout: false,
      signal: abort.signal,
      headers: { accept: `${LINES}, application/json` },
    });
    if (response.status === 503) return { kind: "busy" };
    if (response.headers.get("content-type") !== LINES) {
      return answer(response.status, await response.json());
    }
    for await (const line of linesOf(response, heard)) {
      if (!wasTaken) onTaken?.();
      wasTaken = true;
      if (line === "") continue;
      const { status, body } = JSON.parse(line) as Record<string, unknown>;
      if (typeof status === "number") return answer(status, body);
    }
    return { kind: "gone", wasTaken };
  } catch (error) {
    if (abort.signal.aborted) return { kind: "silent" };
    return noReply(error, path, wasTaken);
  } finally {
    clearTimeout(timer);
  }
}

/** What the server at a path says about itself. */
export async function askCard(
  path: string,
  silenceMs: number = SILENCE_MS,
): Promise<{ readonly kind: "server"; readonly card: ServerCard } | NoReply> {
  const first = await ask(path, "GET", "/server", silenceMs);
  // Servers before 0.2 have no card, but their `status` shows most of it.
  const isOld = first.kind === "foreign" || (first.kind === "answer" && first.status === 404);
  const reply = isOld ? await ask(path, "GET", "/status", silenceMs) : first;
  if (reply.kind !== "answer") return reply;
  const card = reply.status === 200 ? readCard(reply.body, path) : undefined;
  return card === undefined ? { kind: "foreign" } : { kind: "server", card };
}

function answer(status: number, body: unknown): Reply {
  return typeof body === "object" && body !== null && !Array.isArray(body)
    ? { kind: "answer", status, body: body as Record<string, unknown> }
    : { kind: "foreign" };
}

async function* linesOf(response: Response, heard: () => void): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = "";
  for await (const chunk of response.body ?? []) {
    heard();
    const lines = `${rest}${decoder.decode(chunk, { stream: true })}`.split("\n");
    rest = lines.pop() ?? "";
    yield* lines;
  }
}

/** Names of the end of a connection that had been established. */
const GONE = new Set(["ConnectionClosed", "ECONNRESET", "ConnectionReset", "EPIPE"]);

function noReply(error: unknown, path: string, wasTaken: boolean): Reply {
  const code = String((error as { code?: unknown }).code);
  if (GONE.has(code)) return { kind: "gone", wasTaken };
  if (error instanceof SyntaxError || code === "Malformed_HTTP_Response") {
    return { kind: "foreign" };
  }
  return { kind: "nobody", why: whyNobody(path) };
}

/** What is in the way, if anything is there at all. */
function whyNobody(path: string): string | undefined {
  if (Buffer.byteLength(path) > here.socketPathBytes) {
    return `longer than ${here.socketPathBytes} bytes`;
  }
  try {
    const stats = statSync(path);
    if (!stats.isSocket()) return "not a socket";
    accessSync(path, constants.W_OK);
    return "left behind by a server that has ended";
  } catch (error) {
    const isDenied = (error as { code?: unknown }).code === "EACCES";
    return isDenied ? "permission denied: only its owner may use it" : undefined;
  }
}

/**
 * The card in an answer; undefined if a server would not answer so.
 * @param path where it was asked
 */
function readCard(body: Readonly<Record<string, unknown>>, path: string): ServerCard | undefined {
  const { version: theirs, pid, addresses, app, uptime } = body;
  if (typeof theirs !== "string" || typeof pid !== "number" || !Array.isArray(addresses)) {
    return undefined;
  }
  const text = (name: string): string | null => {
    const value = body[name];
    return typeof value === "string" ? value : null;
  };
  const log = body["log"] as Partial<ServerCard["log"]> | undefined;
  const startedMs = Date.now() - Number(uptime ?? 0) * 1000;
  return {
    version: theirs,
    pid,
    started: text("started"),
    since: text("since") ?? new Date(startedMs).toISOString(),
    state: body["state"] as ServerCard["state"],
    app: String(app),
    app_path: text("app_path"),
    app_link: text("app_link"),
    dev: body["dev"] === true,
    config: "config" in body ? text("config") : undefined,
    tls: body["tls"] === true,
    control_socket: text("control_socket") ?? path,
    addresses: addresses.map(String),
    generation: typeof body["generation"] === "number" ? body["generation"] : null,
    successor: typeof body["successor"] === "number" ? body["successor"] : null,
    log: { file: log?.file ?? null, unit: log?.unit ?? null },
  };
}
