// The warm-up (`rollout.warmup`): a worker that listens and is not ready asks itself for the
// operator's paths, so that what an app does at its first request (connections to a database,
// templates, what the compiler makes of its code) has been done when the first client comes.
//
// The requests come over a socket, by the path that all requests take, to a port that nobody else
// knows: see ../requests/unlisted.ts.
import type { Address } from "../../net/address.ts";
import { isUnix } from "../../net/address.ts";
import { describeError } from "../../errors/describe-error.ts";
import type { AppFault } from "../handle/app-errors.ts";
import { hostInUrl } from "../http/place.ts";
import type { AppHandlers } from "../serve/app-handlers.ts";
import { ask } from "./ask.ts";

const FIRST_FAILURE = 500;
const FIRST_ODD = 300;

export interface WarmUp {
  readonly paths: readonly string[];
  /** Where the server listens. */
  readonly address: Address;
  /** When it must have ended, as `performance.now()` gives it. */
  readonly untilMs: number;
  /** Gets each path whose answer is not what an operator would want, once. */
  readonly onOdd: (words: string) => void;
}

/** Resolves with the reason why the worker must not serve, or with `undefined`. */
export async function warmUp(
  handlers: AppHandlers,
  { paths, address, untilMs, onOdd }: WarmUp,
): Promise<string | undefined> {
  if (paths.length === 0) return undefined;
  let fault: AppFault | undefined;
  const { tls } = handlers;
  const isSecure = tls !== undefined;
  const { port, close } = handlers.own.serveOnPort(address, tls, (it) => (fault ??= it));
  const host = hostOf(address);
  try {
    for (const path of paths) {
      const what = `GET ${path} (rollout.warmup)`;
      const question = { port, isSecure, path, host, untilMs };
      const answer = await ask(question).catch((error: Error) => error.message);
      if (typeof answer === "string") return `${what}: ${answer}${wordsOf(fault)}`;
      if (answer >= FIRST_FAILURE) return `${what} was answered ${answer}${wordsOf(fault)}`;
      if (answer >= FIRST_ODD) onOdd(`${what} was answered ${answer}`);
    }
    return undefined;
  } finally {
    close();
  }
}

/** What the app did wrong, if it is known. */
function wordsOf(fault: AppFault | undefined): string {
  if (fault === undefined) return "";
  const { what, detail } = fault;
  return "thrown" in detail ? `: ${describeError(detail.thrown)}` : `: ${what}; ${detail.remedy}`;
}

function hostOf(address: Address): string {
  if (isUnix(address)) return "localhost";
  const host = hostInUrl(address.host);
  return address.port === 0 ? host : `${host}:${address.port}`;
}
