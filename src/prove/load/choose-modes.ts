// Which modes a server can be loaded with, and which paths each asks for, from what the server has
// answered before the load.
import { isH2, type Mode, MODES, type ModePlan, type PlannedPath } from "./plan.ts";
import type { Answer, PathFindings } from "./probe.ts";

interface Chosen {
  readonly modes: readonly ModePlan[];
  /** The modes that no path is fit for, each with the reason. */
  readonly leftOut: readonly { readonly mode: Mode; readonly why: string }[];
}

/** Less than that, in bytes, waits in the buffers of the kernel, however slowly it is read. */
export const LARGE_BYTES = 256 * 1024;

/** What a server answers to a method that it does not know, or does not allow there. */
const NO_METHOD: ReadonlySet<number> = new Set([404, 405, 501]);

interface Fitness {
  /** The answer that a path is judged by. */
  readonly by: "get" | "post" | "upgrade" | "h2";
  readonly isFit: (answer: Answer) => boolean;
  /** Why there may be no path that is fit. */
  readonly why: string;
}

const GET: Fitness = {
  by: "get",
  isFit: ({ is }) => is === "whole",
  why: "no path answers GET with a whole answer",
};
const POST: Fitness = {
  by: "post",
  isFit: (it) => it.is === "whole" && !NO_METHOD.has(it.status),
  why: "no path takes a POST",
};

const H2: Fitness = {
  by: "h2",
  isFit: ({ is }) => is === "whole",
  why: "no path answers with a whole answer over HTTP/2",
};

const FITNESS: Readonly<Record<Mode, Fitness>> = {
  connection: GET,
  "keep-alive": GET,
  thinking: GET,
  silent: GET,
  "slow-head": GET,
  post: POST,
  "slow-upload": POST,
  "slow-download": {
    by: "get",
    isFit: isLarge,
    why: `no path answers with ${LARGE_BYTES / 1024} kB or more`,
  },
  sse: { by: "get", isFit: ({ is }) => is === "stream", why: "no path is an event stream" },
  websocket: { by: "upgrade", isFit: isUpgraded, why: "no path becomes a WebSocket" },
  h2: H2,
  "h2-connection": H2,
  "h2-thinking": H2,
  // What is fit for it is known from HTTP/1.1: a POST may make something, and is not repeated.
  "h2-post": POST,
  "h2-sse": {
    by: "h2",
    isFit: ({ is }) => is === "stream",
    why: "no path is an event stream over HTTP/2",
  },
};

const NO_H2: Fitness = { by: "h2", isFit: () => false, why: "no path answers over HTTP/2" };

/** Whether some path has answered over HTTP/2. */
export function speaksH2(findings: readonly PathFindings[]): boolean {
  return findings.some(({ h2 }) => h2 !== undefined && h2.is !== "none");
}

/** The modes, of those that are wanted, for which some path is fit. */
export function chooseModes(
  findings: readonly PathFindings[],
  wanted: readonly Mode[] = Object.keys(MODES) as Mode[],
): Chosen {
  const modes: ModePlan[] = [];
  const leftOut: { mode: Mode; why: string }[] = [];
  for (const mode of wanted) {
    const fitness = isH2(mode) && !speaksH2(findings) ? NO_H2 : FITNESS[mode];
    const paths = pathsFor(fitness, findings);
    if (paths.length > 0) modes.push({ mode, paths });
    else leftOut.push({ mode, why: fitness.why });
  }
  return { modes, leftOut };
}

/** A path that is there for a mode of its own is left to that, as long as there are others. */
function pathsFor({ by, isFit }: Fitness, findings: readonly PathFindings[]): PlannedPath[] {
  const fit = findings.filter(({ [by]: answer }) => answer !== undefined && isFit(answer));
  const plain = fit.filter((it) => !isLarge(it.get) && !isOnlyWebSocket(it));
  return (plain.length > 0 ? plain : fit).flatMap((it) => plannedPath(it.path, it[by]));
}

function plannedPath(path: string, answer: Answer | undefined): PlannedPath[] {
  if (answer === undefined || answer.is === "none") return [];
  const first = answer.is === "whole" ? answer.firstStatus : undefined;
  return [{ path, statuses: first === undefined ? [answer.status] : [first, answer.status] }];
}

function isLarge(answer: Answer): boolean {
  return answer.is === "whole" && answer.bodyBytes >= LARGE_BYTES;
}

export function isUpgraded(answer: Answer): boolean {
  return answer.is === "head" && answer.status === 101;
}

/** Whoever asks in another way is told so. */
function isOnlyWebSocket({ get, upgrade }: PathFindings): boolean {
  return isUpgraded(upgrade) && get.is !== "none" && get.status >= 400;
}
