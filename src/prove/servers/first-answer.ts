// Whether a server answers yet, asked as the load will ask: over a connection of its own, through
// no proxy that the environment names.
import { formatDuration } from "../../core/duration.ts";
import { messageOf } from "../../errors/message-of.ts";
import { AnswerReader } from "../load/answer-reader.ts";
import { type Endpoint, endpointUrl } from "../load/endpoint.ts";
import { readHead, requestBytes } from "../load/http.ts";
import { Loss } from "../load/loss.ts";
import { headersOf } from "../load/plan.ts";
import { RawSocket } from "../load/raw-socket.ts";

/** What was seen of a server. */
export type Sight =
  | { readonly is: "answer"; readonly status: number }
  /** Nobody is there yet, or it is no HTTP: why. */
  | { readonly is: "none"; readonly words: string };

/** What servers, and proxies before them, say while an app is starting. */
const NOT_YET: ReadonlySet<number> = new Set([502, 503, 504]);

/** Asks once. Resolves with the status, not waiting for the body. */
export async function look(target: Endpoint, path: string, timeoutMs: number): Promise<Sight> {
  try {
    using socket = await RawSocket.open(target, timeoutMs);
    const headers = headersOf({ endpoint: target, headers: {} });
    socket.send(requestBytes({ path, headers }));
    const head = await readHead(socket, new AnswerReader(), performance.now() + timeoutMs);
    return { is: "answer", status: head.status };
  } catch (error) {
    const words = error instanceof Loss ? `${error.kind}: ${error.message}` : messageOf(error);
    return { is: "none", words };
  }
}

/** Whether it has answered, and is not just starting. */
export function isReady(sight: Sight): boolean {
  return sight.is === "answer" && !NOT_YET.has(sight.status);
}

/** Why a server was given up. */
export function noAnswer(target: Endpoint, sight: Sight, waitedMs: number): string {
  const said = sight.is === "none" ? ` (${sight.words})` : "";
  return `${endpointUrl(target)} gave no answer within ${formatDuration(waitedMs)}${said}`;
}
