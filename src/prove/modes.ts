// Which modes a server is loaded with, on which paths, and why a mode is not run.
import { chooseModes, isUpgraded, LARGE_BYTES, speaksH2 } from "./load/choose-modes.ts";
import { isH2, type Mode, MODES, type ModePlan } from "./load/plan.ts";
import type { Answer, PathFindings } from "./load/probe.ts";
import type { NotRun } from "./evidence.ts";
import type { Wishes } from "./wishes.ts";

interface Planned {
  readonly modes: readonly ModePlan[];
  readonly notRun: readonly NotRun[];
}

type Named = Pick<Wishes, "paths" | "postPaths" | "ssePath" | "webSocketPath" | "modes">;

/** Where a mode is tried, and the flag that names where. */
interface Place {
  readonly paths: readonly string[];
  readonly flag: "--path" | "--post" | "--sse" | "--websocket";
  /** Whether the flag was given: then the mode was asked for. */
  readonly isNamed: boolean;
}

/** @param mayWrite whether a POST may go to paths that are not named for that */
export function planModes(
  findings: readonly PathFindings[],
  wishes: Named,
  mayWrite: boolean,
): Planned {
  const modes: ModePlan[] = [];
  const notRun: NotRun[] = [];
  for (const mode of wishes.modes ?? (Object.keys(MODES) as Mode[])) {
    if (isH2(mode) && !speaksH2(findings)) {
      // Nobody misses what was not asked for; see doubts.ts.
      const why = whyNoH2(findings);
      if (wishes.modes !== undefined) notRun.push({ mode, why, wasAskedFor: true });
      continue;
    }
    const place = placeOf(mode, wishes, mayWrite);
    const found = findings.filter(({ path }) => place.paths.includes(path));
    const [chosen] = chooseModes(found, [mode]).modes;
    const wasAskedFor = place.isNamed || wishes.modes !== undefined;
    if (chosen !== undefined) modes.push(chosen);
    else notRun.push({ mode, why: `${whyNot(mode, found)}; ${place.flag} PATH`, wasAskedFor });
  }
  return { modes, notRun };
}

/** What was named and is not proven, as its answers suit no client, each with the reason. */
export function unprovenPaths(
  modes: readonly ModePlan[],
  findings: readonly PathFindings[],
  { paths, postPaths }: Pick<Wishes, "paths" | "postPaths">,
): string[] {
  const used = new Set(modes.flatMap((mode) => mode.paths.map(({ path }) => path)));
  const named = findings.filter(({ path }) => [...paths, ...postPaths].includes(path));
  return named.flatMap(({ path, get, post, upgrade }) => {
    const isDead = get.is === "none" && paths.includes(path) && !isUpgraded(upgrade);
    if (isDead) return [`${path} has no whole answer to GET: ${get.words}`];
    if (used.has(path)) return [];
    const why = postPaths.includes(path) ? `: it ${answered(post)} POST` : "";
    return [`${path} is asked by no client${why}`];
  });
}

/** Where POST may go. */
export function postPathsOf(
  { paths, postPaths }: Pick<Wishes, "paths" | "postPaths">,
  mayWrite: boolean,
): readonly string[] {
  return postPaths.length === 0 && mayWrite ? paths : postPaths;
}

function placeOf(mode: Mode, wishes: Named, mayWrite: boolean): Place {
  const { paths, postPaths, ssePath, webSocketPath } = wishes;
  switch (mode) {
    case "post":
    case "slow-upload":
    case "h2-post":
      return {
        paths: postPathsOf(wishes, mayWrite),
        flag: "--post",
        isNamed: postPaths.length > 0,
      };
    case "sse":
    case "h2-sse":
      return { ...either(ssePath, paths), flag: "--sse" };
    case "websocket":
      return { ...either(webSocketPath, paths), flag: "--websocket" };
    default:
      return { paths, flag: "--path", isNamed: false };
  }
}

function either(named: string | undefined, paths: readonly string[]) {
  return { paths: named === undefined ? paths : [named], isNamed: named !== undefined };
}

/** Such as `HTTP/2 is not spoken: tls: the server does not offer h2`. */
export function whyNoH2(findings: readonly PathFindings[]): string {
  const words = findings.flatMap(({ h2 }) => (h2?.is === "none" ? [h2.words] : []));
  return ["HTTP/2 is not spoken", ...words.slice(0, 1)].join(": ");
}

/** Such as `/ does not upgrade`. */
function whyNot(mode: Mode, found: readonly PathFindings[]): string {
  const paths = found.map(({ path }) => path).join(", ");
  const dead = found.flatMap(({ path, get }) => (get.is === "none" ? `${path}: ${get.words}` : []));
  switch (mode) {
    case "post":
    case "slow-upload":
    case "h2-post":
      if (found.length === 0) return "nothing is sent to where nobody asked for it";
      return found.map(({ path, post }) => `${path} ${answered(post)} POST`).join(", ");
    case "sse":
    case "h2-sse":
      return `${paths} is no event stream`;
    case "websocket":
      return `${paths} does not upgrade`;
    case "slow-download":
      return `the answer of ${paths} is below ${LARGE_BYTES / 1024} kB`;
    default:
      return dead.length > 0 ? dead.join(", ") : `${paths} has no whole answer`;
  }
}

function answered(answer: Answer | undefined): string {
  if (answer === undefined) return "was not asked with";
  return answer.is === "none" ? "does not answer" : `answers ${answer.status} to`;
}
