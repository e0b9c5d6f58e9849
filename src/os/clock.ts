// A clock for what is measured in one process and judged in another. Nobody can set it: the time of
// day may jump by an hour, and a worker would seem stuck, or its rate of requests absurd.
import { here } from "../platform.ts";
import { monotonicUsec } from "./notify.ts";

/** Milliseconds since some moment, the same one for all processes of this machine. */
export function machineMs(): number {
  // Not `performance.now()`, which counts from the start of each process.
  return here.hasLibc ? Number(monotonicUsec()) / 1000 : Date.now();
}
