// Carries what the library for ACME says to a CA. Its own way there loses the reason why a CA
// cannot be reached, waits for as long as a CA says, and reads answers of any size.
import type acme from "acme-client";
import { type Answer, notADirectory, unreachable } from "./refusals.ts";

/** How long a CA may take to answer one request, in full. */
const REQUEST_MS = 30_000;
/** Far more than any answer takes; the longest is a chain of certificates. */
const MOST_BYTES = 1024 * 1024;

type Request = Parameters<Extract<Axios["defaults"]["adapter"], (...given: never) => unknown>>[0];
type Axios = (typeof acme)["axios"];

/** What the CA has answered last; undefined: nothing. */
export interface Heard {
  last: Answer | undefined;
}

/**
 * Has the library's requests carried from now on.
 * @param agent what a CA is told about the client
 * @param directory the URL of the CA
 */
export function carry({ defaults }: Axios, agent: string, directory: string): Heard {
  const heard: Heard = { last: undefined };
  defaults.headers.common["User-Agent"] = agent;
  defaults.adapter = async (config) => {
    const { response, text } = await exchange(config);
    const { status, headers } = response;
    const data = parsed(text);
    heard.last = { status, retryAfter: headers.get("retry-after") ?? undefined, ...said(data) };
    if (config.url === directory && !isDirectory(status, data)) {
      throw new Error(notADirectory(directory, status));
    }
    return { data, status, statusText: "", headers: Object.fromEntries(headers), config };
  };
  return heard;
}

async function exchange({ url = "", method = "get", headers, data }: Request) {
  try {
    const response = await fetch(url, {
      method: method.toUpperCase(),
      headers: headers.toJSON() as Record<string, string>,
      body: (data as string | undefined) ?? null,
      // What is signed is for one URL.
      redirect: "manual",
      signal: AbortSignal.timeout(REQUEST_MS),
    });
    return { response, text: await textOf(response) };
  } catch (error) {
    const { name, code, message } = error as Error & { readonly code?: unknown };
    const reason = name === "TimeoutError" ? name : String(code ?? message);
    throw new Error(unreachable(URL.parse(url)?.host ?? url, reason), { cause: error });
  }
}

async function textOf({ body }: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of body ?? []) {
    size += chunk.length;
    if (size > MOST_BYTES) throw new Error("more than a megabyte in one answer");
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}

/** A certificate, and what is not for programs, stays a text. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** The problem in an answer: of the request, or of the challenge or order that was asked for. */
function said(data: unknown): Pick<Answer, "type"> {
  interface Problem {
    readonly type?: unknown;
  }
  const { type, error } = (data ?? {}) as Problem & { readonly error?: Problem | null };
  const own = error?.type ?? type;
  return { type: typeof own === "string" && own.includes(":") ? own : undefined };
}

function isDirectory(status: number, data: unknown): boolean {
  // When a CA is overloaded, what it says counts, and not what it does not say.
  if (status === 429 || status >= 500) return true;
  const { newNonce, newAccount, newOrder } = (data ?? {}) as Readonly<Record<string, unknown>>;
  return [newNonce, newAccount, newOrder].every((it) => URL.parse(String(it)) !== null);
}
