// Which modes a server can be loaded with, from what it has answered before the load.
import { type Mode, MODES, type ModePlan, type PlannedPath } from "./plan.ts";
import type { Answer, PathFindings } from "./probe.ts";

interface Chosen {
  readonly modes: readonly ModePlan[];
  /** The modes that no path is fit for, each with the reason. */
  readonly leftOut: readonly { readonly mode: Mode; readonly why: string }[];
}

/** Less than that waits in the buffers of the kernel, however slowly it is read. */
export const LARGE_BYTES = 256 * 1024;

/** Methods that a server does not know, or does not allow. */
const NO_METHOD: ReadonlySet<number> = new Set([404, 405, 501]);

interface Fitness {
  /** The answer that says whether a path is fit. */
  readonly of: "get" | "post" | "upgrade";
  readonly isFit: (answer: Answer) => boolean;
  readonly why: string;
}

const GET: Fitness = {
  of: "get",
  isFit: ({ is }) => is === "whole",
  why: "no path answers GET with a whole answer",
};
const POST: Fitness = {
  of: "post",
  isFit: (it) => it.is === "whole" && !NO_METHOD.has(it.status),
  why: "no path takes a POST",
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
    of: "get",
    isFit: (it) => it.is === "whole" && it.bodyBytes >= LARGE_BYTES,
    why: `no path has an answer of ${LARGE_BYTES / 1024} kB or more`,
  },
  sse: { of: "get", isFit: ({ is }) => is === "stream", why: "no path is an event stream" },
  websocket: {
    of: "upgrade",
    isFit: (it) => it.is === "whole" && it.status === 101,
    why: "no path becomes a WebSocket",
  },
};

/** The modes, of those that are wanted, for which some path is fit. */
export function chooseModes(
  findings: readonly PathFindings[],
  wanted: readonly Mode[] = Object.keys(MODES) as Mode[],
): Chosen {
  const modes: ModePlan[] = [];
  const leftOut: { mode: Mode; why: string }[] = [];
  for (const mode of wanted) {
    const { of, isFit, why } = FITNESS[mode];
    const paths = findings.flatMap(({ path, [of]: answer }) =>
      answer !== undefined && isFit(answer) ? plannedPath(path, answer) : [],
    );
    if (paths.length > 0) modes.push({ mode, paths });
    else leftOut.push({ mode, why });
  }
  return { modes, leftOut };
}

function plannedPath(path: string, answer: Answer): PlannedPath[] {
  return answer.is === "none" ? [] : [{ path, statuses: [answer.status] }];
}
