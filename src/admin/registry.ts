// Finds the running servers by their control sockets: no process keeps a list of them.
import { dirname } from "node:path";
import { askCard, type NoReply } from "./client.ts";
import {
  folderProblem,
  ownerProblem,
  runtimeFolder,
  searchedFolders,
  socketsIn,
} from "./runtime-folder.ts";
import type { ServerCard } from "./protocol.ts";

/** What was found at the path of a control socket. */
export interface Looked {
  readonly path: string;
  /** `untrusted`: we did not speak to it; `why` in a few words. */
  readonly found:
    | { readonly kind: "server"; readonly card: ServerCard }
    | { readonly kind: "untrusted"; readonly why: string }
    | NoReply;
}

/** A server that answers. */
export interface Running {
  readonly path: string;
  readonly card: ServerCard;
}

/**
 * Looks at a path.
 * @param silenceMs how long a server may give no sign of life
 * @param isChosen a user wrote that path, and so chose its folder, even if others may write to it:
 *   a volume of Kubernetes is open to all. The owner of the socket is checked all the same.
 */
export async function look(path: string, silenceMs: number, isChosen = false): Promise<Looked> {
  const folder = dirname(path);
  const isOurs = searchedFolders().includes(folder) || folder === runtimeFolder();
  const problem = isOurs && !isChosen ? folderProblem(folder) : undefined;
  const why = problem?.endsWith("does not exist") === true ? undefined : problem;
  const untrusted = why ?? ownerProblem(path);
  const found =
    untrusted === undefined
      ? await askCard(path, silenceMs)
      : { kind: "untrusted" as const, why: untrusted };
  return { path, found };
}

/**
 * Looks, side by side, at all sockets in the places where servers put them.
 * @param seen looked at already
 */
export function lookAround(silenceMs: number, seen: readonly string[] = []): Promise<Looked[]> {
  const paths = searchedFolders()
    .flatMap(socketsIn)
    .filter((path) => !seen.includes(path));
  return Promise.all(paths.map((path) => look(path, silenceMs)));
}

/**
 * The servers among what was found, each once, however many names it has. A server that was handed
 * over counts as its new master, once that can be found.
 */
export function runningAmong(looked: readonly Looked[]): Running[] {
  const running = new Map<string, Running>();
  for (const { path, found } of looked) {
    if (found.kind !== "server") continue;
    const { card } = found;
    running.set(`${card.pid} ${card.control_socket}`, { path, card });
  }
  const pids = new Set([...running.values()].map(({ card }) => card.pid));
  return [...running.values()].filter(
    ({ card }) => card.successor === null || !pids.has(card.successor),
  );
}
