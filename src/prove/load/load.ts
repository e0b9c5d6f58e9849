// A load: many clients in processes of their own, from `start` to `stop`.
import { availableParallelism } from "node:os";
import { Channel } from "../../ipc/channel.ts";
import { CLIENT_CHANNEL } from "../../ipc/inherited.ts";
import { machineMs } from "../../os/clock.ts";
import { clientArguments } from "./client-name.ts";
import type { FromClient, Start, ToClient } from "./messages.ts";
import type { LoadPlan } from "./plan.ts";
import { type LoadResult, ModeTotal } from "./result.ts";
import { sharesOf } from "./shares.ts";

interface LoadOptions {
  /** What starts this program; only a test that runs from the sources has another. */
  readonly command?: readonly string[];
  /** Called after each report of a process: `result` has changed. */
  readonly onProgress?: () => void;
}

export class Load {
  readonly #totals: readonly ModeTotal[];
  readonly #processes: readonly ClientProcess[];

  /** Starts the processes, which begin at once. Throws if one cannot be started. */
  static start(plan: LoadPlan, options: LoadOptions = {}): Load {
    return new Load(plan, options);
  }

  constructor(
    readonly plan: LoadPlan,
    options: LoadOptions,
  ) {
    const { command = [process.execPath], onProgress = () => undefined } = options;
    const shares = sharesOf(plan, availableParallelism());
    const startMs = machineMs();
    // A mode of which a process has no client is not silent there.
    const members = (mode: keyof (typeof shares)[number]): number[] =>
      shares.flatMap((share, index) => (share[mode] === undefined ? [] : [index]));
    this.#totals = plan.modes.map(({ mode }) => new ModeTotal(mode, members(mode).length));
    this.#processes = shares.map((share, index) => {
      const start = { plan, process: index, processes: shares.length, share, startMs };
      return new ClientProcess(command, { type: "start", ...start }, ({ reports }) => {
        for (const total of this.#totals) {
          const report = reports[total.mode];
          if (report !== undefined) total.add(members(total.mode).indexOf(index), report);
        }
        onProgress();
      });
    });
  }

  /** What has been seen so far: it changes at most four times a second and process. */
  get result(): LoadResult {
    return { seed: this.plan.seed, modes: this.#totals.map(({ result }) => result) };
  }

  /**
   * Lets each client finish what it has begun, and ends the processes: a load that stops loses
   * nothing. Rejects if a process ended before that.
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
}

class ClientProcess {
  readonly #subprocess: Bun.Subprocess;
  readonly #channel: Channel;
  readonly #last = Promise.withResolvers<void>();

  constructor(
    command: readonly string[],
    start: Start,
    readonly onReport: (report: FromClient) => void,
  ) {
    const stdio: ["ignore", "ignore", "inherit", "pipe"] = ["ignore", "ignore", "inherit", "pipe"];
    this.#subprocess = Bun.spawn([...command, ...clientArguments(start.process)], {
      argv0: "pounce",
      stdio,
    });
    this.#channel = new Channel(Number(this.#subprocess.stdio[CLIENT_CHANNEL]), {
      onValue: (value) => this.#onMessage(value as FromClient),
      onClosed: () => this.#last.reject(new Error(`client ${start.process} has ended`)),
    });
    // `stop` tells it.
    this.#last.promise.catch(() => undefined);
    this.#send(start);
  }

  /** Resolves when its last report has come. */
  stop(): Promise<void> {
    this.#send({ type: "stop" });
    return this.#last.promise;
  }

  end(): void {
    this.#channel.close();
  }

  #send(message: ToClient): void {
    this.#channel.send(message);
  }

  #onMessage(message: FromClient): void {
    this.onReport(message);
    if (message.type === "last-report") this.#last.resolve();
  }
}
