// A clock for times that one process takes and another judges. Nobody can set it: the time of day
// may jump by an hour, and a worker would seem stuck, or its request rate absurd.
import { here } from "../platform.ts";
import { monotonicUsec } from "./notify.ts";

/** Milliseconds since some moment, the same one for all processes of this machine. */
export function machineMs(): number {
  // Not `performance.now()`, which counts from the start of each process.
  return here.hasLibc ? Number(monotonicUsec()) / 1000 : Date.now();
}
