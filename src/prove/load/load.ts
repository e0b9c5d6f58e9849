// A load: many clients in processes of their own, from `start` to `stop`.
import { availableParallelism } from "node:os";
import { machineMs } from "../../os/clock.ts";
import { ClientProcess } from "./client-handle.ts";
import type { Reports } from "./messages.ts";
import type { LoadPlan, Mode } from "./plan.ts";
import { type LoadResult, ModeTotal } from "./result.ts";
import { type Share, sharesOf } from "./shares.ts";

interface LoadOptions {
  /** What starts this program; only a test that runs from the sources has another. */
  readonly command?: readonly string[];
  /** Called after each report of a process: `result` has changed. */
  readonly onProgress?: () => void;
}

export class Load {
  /** Rejects if the load cannot go on, for a reason that is not the server's. Never resolves. */
  readonly failed: Promise<never>;
  readonly #totals: readonly ModeTotal[];
  readonly #processes: readonly ClientProcess[];
  #stalledMs = 0;

  /** Starts the processes, which begin at once. Throws if one cannot be started. */
  static start(plan: LoadPlan, options: LoadOptions = {}): Load {
    return new Load(plan, options);
  }

  constructor(
    readonly plan: LoadPlan,
    { command = [process.execPath], onProgress }: LoadOptions,
  ) {
    const shares = sharesOf(plan, availableParallelism());
    this.#totals = plan.modes.map(({ mode }) => new ModeTotal(mode, processesOf(mode, shares)));
    const [startMs, processes] = [machineMs(), shares.length];
    this.#processes = shares.map((share, index) => {
      const start = { type: "start" as const, plan, process: index, processes, share, startMs };
      return new ClientProcess(command, start, (reports, stalledMs) => {
        this.#stalledMs = Math.max(this.#stalledMs, stalledMs);
        this.#add(index, reports);
        onProgress?.();
      });
    });
    const { promise, reject } = Promise.withResolvers<never>();
    for (const it of this.#processes) it.last.catch(reject);
    this.failed = promise;
    // `stop` tells it too.
    this.failed.catch(() => undefined);
  }

  /** The numbers of its processes. */
  get pids(): number[] {
    return this.#processes.map(({ pid }) => pid);
  }

  /** The longest time in which clients did nothing at all; 0: there was none. */
  get stalledMs(): number {
    return this.#stalledMs;
  }

  /** What has been seen so far. It changes at most four times a second and process. */
  get result(): LoadResult {
    return { seed: this.plan.seed, modes: this.#totals.map(({ result }) => result) };
  }

  /**
   * Lets each client finish what it has begun, and ends the processes: a load that stops loses
   * nothing. Rejects if the load could not go on.
   */
  async stop(): Promise<LoadResult> {
    try {
      await Promise.all(this.#processes.map((it) => it.stop()));
    } finally {
      this.end();
    }
    return this.result;
  }

  /** Ends the processes at once. */
  end(): void {
    for (const it of this.#processes) it.end();
  }

  #add(process: number, reports: Reports): void {
    for (const total of this.#totals) {
      const report = reports[total.mode];
      if (report !== undefined) total.add(process, report);
    }
  }
}

/** Which of the processes have clients of a mode: where it has none, it is not silent. */
function processesOf(mode: Mode, shares: readonly Share[]): number[] {
  return shares.flatMap((share, index) => (share[mode] === undefined ? [] : [index]));
}
