// Where a handover would do harm: a supervisor takes the end of this process for the end of the
// server.

import type { Supervision } from "../events.ts";
import { refusal } from "../messages.ts";
import { isDrainCommanded } from "../predicates.ts";
import { sharingOf } from "../sharing/sharing-of.ts";
import type { State } from "../state.ts";

/** Supervisors that restart a server when the process that they started ends. */
const SUPERVISORS = new Set([
  "supervisord",
  "runsv",
  "s6-supervise",
  "supervise",
  "circusd",
  "god",
  "monit",
]);
/** First processes of containers, which end with the process that they have started. */
const INITS = new Set(["tini", "docker-init", "dumb-init", "catatonit"]);

/** Why this process must not hand over to another; `undefined` if it may. */
export function handoverRefusal(
  { pid, parent, isParentFirst, ...watched }: Supervision,
  state: State,
): string | undefined {
  const { oneServerOnly } = sharingOf(state);
  if (oneServerOnly !== undefined) return oneServerOnly;
  if (isDrainCommanded(state)) return refusal.drainCommanded;
  if (pid === 1) return "the container ends with process 1; start a new container instead";
  if (watched.isUnderSupervisord) {
    return "supervisord would start a second server when this process ends; restart it there";
  }
  if (parent !== undefined && SUPERVISORS.has(parent)) {
    return `${parent} would start a second server when this process ends; restart it there`;
  }
  if (isParentFirst && parent !== undefined && INITS.has(parent)) {
    return `the container ends with this process (${parent}); start a new container instead`;
  }
  if (watched.isServiceOfSystemd && !watched.canNotify) {
    return "systemd would end the service with this process; set Type=notify so that it follows";
  }
  return undefined;
}
