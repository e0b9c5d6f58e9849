// All clients of one process.
import { descriptorLimit } from "../../os/shortage.ts";
import { Client, type Surroundings } from "./client.ts";
import type { Reports, Start } from "./messages.ts";
import type { Mode } from "./plan.ts";
import { Random } from "./random.ts";
import { SESSIONS } from "./sessions/sessions.ts";
import type { Share } from "./shares.ts";
import { Tally } from "./tally.ts";
import { Turns } from "./turns.ts";

export class Clients {
  /** Resolves when all have ended, after `stop`. Rejects if one cannot go on. */
  readonly ended: Promise<unknown>;
  readonly #stopping = new AbortController();
  readonly #tallies = new Map<Mode, Tally>();

  /**
   * Throws if this process may not open as many connections.
   * @param now the clock of `startMs` in milliseconds
   */
  constructor(
    start: Start,
    readonly now: () => number,
  ) {
    const { plan, process, processes, share, startMs } = start;
    requireDescriptors(share);
    const rate = plan.rate === undefined ? undefined : plan.rate / processes;
    const stopping = this.#stopping.signal;
    const around: Surroundings = { plan, turns: new Turns(rate), stopping, now };
    const running = plan.modes.flatMap((modePlan) => {
      const { mode } = modePlan;
      if (share[mode] === undefined) return [];
      const tally = new Tally(startMs);
      this.#tallies.set(mode, tally);
      return Array.from({ length: share[mode] }, (_, index) => {
        const random = new Random(plan.seed, `${mode} ${index} of ${process}`);
        return new Client(modePlan, around, random, tally).run(SESSIONS[mode]);
      });
    });
    this.ended = Promise.all(running);
  }

  /** Lets each finish what it has begun. */
  stop(): void {
    this.#stopping.abort();
  }

  /** What has been counted since the last time. */
  take(): Reports {
    const nowMs = this.now();
    return Object.fromEntries([...this.#tallies].map(([mode, it]) => [mode, it.take(nowMs)]));
  }
}

/** A process needs some besides the connections of its clients, and closes those a moment late. */
const OTHER_DESCRIPTORS = 32;

/** Without them, Bun says that a connection was refused, which would be the server's fault. */
function requireDescriptors(share: Share): void {
  const clients = Object.values(share).reduce((sum, count) => sum + count, 0);
  const needed = clients + OTHER_DESCRIPTORS;
  const { soft } = descriptorLimit() ?? { soft: Infinity };
  if (needed <= soft) return;
  throw new Error(
    `${clients} clients in a process need ${needed} open files, and the limit is ${soft}: ` +
      "raise it with ulimit -n, or take less --clients",
  );
}
