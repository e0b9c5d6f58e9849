// What a server answers before the load, which decides what each mode asks for, and what counts as
// wrong.
import { explain } from "../../os/shortage.ts";
import { AnswerReader } from "./answer-reader.ts";
import { askUpgrade } from "./frames.ts";
import { lookOverH2 } from "./h2/probe.ts";
import { Returned } from "./h2/stream.ts";
import { readPiece, type Request, requestBytes } from "./http.ts";
import { Loss } from "./loss.ts";
import { headersOf, mergedHeaders, type Target } from "./plan.ts";
import { POST_BODY, POST_HEADERS } from "./post-body.ts";
import { Random } from "./random.ts";
import { RawSocket } from "./raw-socket.ts";

/** One answer to one kind of request. */
export type Answer =
  | {
      readonly is: "whole";
      readonly status: number;
      readonly bodyBytes: number;
      /** What it was when it was first asked, if that was another: a POST made something. */
      readonly firstStatus?: number;
      /** It has no length: the end of the connection ends it. */
      readonly endsByClose?: boolean;
    }
  /** An event stream has begun; its end is not waited for. */
  | { readonly is: "stream"; readonly status: number }
  /** Whether a connection becomes a WebSocket is said with the head. */
  | { readonly is: "head"; readonly status: number }
  /** It was lost, which the words describe. */
  | { readonly is: "none"; readonly words: string };

/** What a path has answered. */
export interface PathFindings {
  readonly path: string;
  readonly get: Answer;
  /** Undefined: it was not asked, as nothing may be written there. */
  readonly post: Answer | undefined;
  /** To the handshake of a WebSocket. */
  readonly upgrade: Answer;
  /** To GET over HTTP/2. Undefined: it was not asked. */
  readonly h2: Answer | undefined;
}

export interface Trials {
  readonly postPaths: readonly string[];
  readonly isH2Tried: boolean;
}

/**
 * Asks each path what the load will ask. What was lost is said in the findings.
 * @param how which of them may get a POST, and whether HTTP/2 is tried
 */
export async function probe(
  target: Target,
  paths: readonly string[],
  { postPaths, isH2Tried }: Trials,
  timeoutMs: number,
): Promise<PathFindings[]> {
  const headers = headersOf(target);
  const findings: PathFindings[] = [];
  for (const path of paths) {
    const post = {
      method: "POST",
      path,
      headers: mergedHeaders(POST_HEADERS, headers),
      body: POST_BODY,
    };
    findings.push({
      path,
      get: await answerTo(target, { path, headers }, timeoutMs),
      post: postPaths.includes(path) ? await secondAnswerTo(target, post, timeoutMs) : undefined,
      upgrade: await onNewSocket(target, timeoutMs, async (socket) => {
        const { status } = await askUpgrade(socket, new Random(0), { path, headers }, timeoutMs);
        return { is: "head", status };
      }),
      h2: isH2Tried ? await answerOverH2(target, path, timeoutMs) : undefined,
    });
  }
  return findings;
}

function answerTo(target: Target, request: Request, timeoutMs: number): Promise<Answer> {
  return onNewSocket(target, timeoutMs, async (socket) => {
    const reader = new AnswerReader(request.method);
    const deadlineMs = performance.now() + timeoutMs;
    socket.send(requestBytes(request));
    for (;;) {
      const { head, isWhole, bodyBytes, endsByClose } = reader;
      // A stream may be so short that it is whole already.
      if (head !== undefined && isEventStream(head)) return { is: "stream", status: head.status };
      if (head !== undefined && isWhole) {
        return { is: "whole", status: head.status, bodyBytes, endsByClose };
      }
      await readPiece(socket, reader, deadlineMs);
    }
  });
}

function answerOverH2(target: Target, path: string, timeoutMs: number): Promise<Answer> {
  return orWords(async () => {
    const sight = await lookOverH2(target, path, timeoutMs, isEventStream);
    const { status, isStream, bodyBytes } = sight;
    return isStream ? { is: "stream", status } : { is: "whole", status, bodyBytes };
  });
}

/** Of two: what the first one has made, the second one may find. */
async function secondAnswerTo(target: Target, post: Request, timeoutMs: number): Promise<Answer> {
  const first = await answerTo(target, post, timeoutMs);
  if (first.is !== "whole") return first;
  const second = await answerTo(target, post, timeoutMs);
  const isAnother = second.is === "whole" && second.status !== first.status;
  return isAnother ? { ...second, firstStatus: first.status } : second;
}

export function isEventStream({ headers }: { readonly headers: ReadonlyMap<string, string> }) {
  return /^text\/event-stream\b/i.test(headers.get("content-type") ?? "");
}

function onNewSocket(
  { endpoint }: Target,
  timeoutMs: number,
  ask: (socket: RawSocket) => Promise<Answer>,
): Promise<Answer> {
  return orWords(async () => {
    using socket = await RawSocket.open(endpoint, timeoutMs);
    return await ask(socket);
  });
}

async function orWords(look: () => Promise<Answer>): Promise<Answer> {
  try {
    return await look();
  } catch (error) {
    const words = wordsOf(error);
    if (words === undefined) throw error;
    return { is: "none", words };
  }
}

/** Undefined: it is no error of the system's, such as a host name that nobody knows. */
function wordsOf(error: unknown): string | undefined {
  if (error instanceof Returned) return error.words;
  if (error instanceof Loss) return `${error.kind}: ${error.message}`;
  const hasCode = error instanceof Error && "code" in error && typeof error.code === "string";
  return hasCode ? explain(error) : undefined;
}
