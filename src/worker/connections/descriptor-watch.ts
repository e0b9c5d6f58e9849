// When a worker has nearly as many descriptors open as it may have, new connections wait in the
// kernel.
//
// When there are no more descriptors, Bun keeps trying to accept, which takes a whole CPU and
// leaves no descriptor to the app. So the worker stops accepting until some of its descriptors are
// closed, gives its reserve to the app for that time, and says once which limit it is and where to
// set it.
import { descriptors, openDescriptors } from "../../os/open-descriptors.ts";
import { type DescriptorLimit, descriptorLimit } from "../../os/shortage.ts";
import type { Accepting } from "./accepting.ts";
import { periodically, type Tell, Trouble } from "../trouble.ts";

const INTERVAL_MS = 1000;
/**
 * How often to look while few are left: once there is a descriptor, a connection waits no longer
 * than this.
 */
const CLOSE_LOOK_MS = 10;
/**
 * Where all descriptors must be listed for it, a look takes at most one part in this many of the
 * time.
 */
const SHARE_OF_TIME = 50;
/** A shortage that returns sooner counts as the same one. */
const WELL_MS = 10_000;

type Supply = "enough" | "few" | "none";

/**
 * @param used how many of `limit` are in use, not counting the reserve of `reserve`, whether held
 *   or not
 */
export function supplyOf(used: number, limit: number, reserve: number): Supply {
  const left = limit - used;
  if (left <= reserve) return "none";
  return left <= 4 * reserve ? "few" : "enough";
}

/** Makes the worker accept connections only while there are descriptors for them. */
export function watchDescriptors(accepting: Accepting, tell: Tell): void {
  const shortage = new Shortage(accepting, tell);
  const trouble = new Trouble(shortage.tell, "watch-failed", "watching the number of descriptors");
  periodically(trouble, INTERVAL_MS, () => {
    const startedMs = performance.now();
    const limit = descriptorLimit();
    const supply = limit && shortage.look(limit, startedMs);
    if (supply === undefined || supply === "enough") return INTERVAL_MS;
    return Math.max(CLOSE_LOOK_MS, (performance.now() - startedMs) * SHARE_OF_TIME);
  });
}

export class Shortage {
  /** Since when there have been enough again; undefined: there are not. */
  #wellSinceMs: number | undefined = -Infinity;

  constructor(
    readonly accepting: Pick<Accepting, "isPaused" | "pause" | "resume" | "reserve">,
    readonly tell: Tell,
    readonly count: () => number = () => openDescriptors() ?? descriptors().length,
  ) {}

  /** @param nowMs as `performance.now()` gives it */
  look(limit: DescriptorLimit, nowMs: number): Supply {
    const used = this.count();
    const { held, size } = this.accepting.reserve;
    const supply = supplyOf(used - held, limit.soft, size);
    if (supply === "none") this.#begin(used, limit, nowMs);
    else if (this.accepting.isPaused) this.accepting.resume();
    if (supply === "enough") this.#wellSinceMs ??= nowMs;
    return supply;
  }

  #begin(used: number, { soft, hard }: DescriptorLimit, nowMs: number): void {
    const isNew = this.#wellSinceMs !== undefined && nowMs - this.#wellSinceMs >= WELL_MS;
    this.#wellSinceMs = undefined;
    if (isNew) {
      const words =
        `${used} of ${soft} file descriptors are in use: new connections wait until some are ` +
        `closed. Raise the limit with \`ulimit -n\`, or with LimitNOFILE= in systemd ` +
        `(soft ${soft}, hard ${hard})`;
      this.tell("descriptors-short", words);
    }
    if (!this.accepting.isPaused) this.accepting.pause();
  }
}
