// What a load and its client processes say to each other.
import type { LoadPlan, Mode } from "./plan.ts";
import type { Share } from "./shares.ts";
import type { TallyReport } from "./tally.ts";

export interface Start {
  readonly type: "start";
  readonly plan: LoadPlan;
  /** Which process this is, from 0 on, and of how many. */
  readonly process: number;
  readonly processes: number;
  readonly share: Share;
  /** When the load began, by os/clock.ts. */
  readonly startMs: number;
}

export type ToClient = Start | { readonly type: "stop" };

export type Reports = Readonly<Partial<Record<Mode, TallyReport>>>;

/** `stalledMs`: the longest time in which the process did nothing at all, though it had to. */
export type FromClient =
  | { readonly type: "report"; readonly reports: Reports; readonly stalledMs: number }
  /** All clients of the process have ended. */
  | { readonly type: "last-report"; readonly reports: Reports; readonly stalledMs: number }
  /** It cannot go on, for a reason that is not the server's. */
  | { readonly type: "failed"; readonly words: string };
