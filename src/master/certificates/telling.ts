// Passes certificates to workers, and waits until each of them has answered. A worker may crash or
// begin to drain in the meantime: then it takes no new connections, and its replacement gets the
// certificates from its plan. What a worker is told comes to it in order: one that is still loading
// its app has them before it binds, even if it has no time to say so.
import { message as words } from "../../core/messages.ts";
import { hasHandedOver } from "../../core/predicates.ts";
import type { State } from "../../core/state.ts";
import type { ServedTls } from "../../tls/served.ts";
import type { Clock } from "../surroundings.ts";
import type { Workers } from "../workers/workers.ts";

/** How long a worker may take to put certificates into force. */
const ANSWER_MS = 10_000;
/** How often to look whether one that is waited for is still there. */
const LOOK_MS = 100;

const LEAVING: ReadonlySet<string> = new Set(["draining", "stopping", "orphaned", "exited"]);
const STARTING: ReadonlySet<string> = new Set(["spawning", "loading"]);

interface Asked {
  readonly awaited: Set<number>;
  /** By worker. */
  readonly problems: Map<number, string>;
}

interface Told {
  /** How many workers were told, and have not left. */
  readonly workers: number;
  /** Why some of them do not serve the certificates. */
  readonly problems: readonly string[];
}

export class Telling {
  /** What workers were asked, by its id. */
  readonly #asked = new Map<number, Asked>();
  #nextId = 0;

  constructor(
    readonly clock: Clock,
    readonly workers: Pick<Workers, "has" | "send">,
    readonly state: () => State,
  ) {}

  /**
   * Resolves when each worker of these generations has answered or is gone, or when it is too late.
   * @param served by generation
   */
  async tell(served: ReadonlyMap<number, ServedTls>): Promise<Told> {
    const id = this.#nextId++;
    const told: number[] = [];
    for (const { id: worker, generation } of this.state().workers.values()) {
      const tls = served.get(generation);
      if (tls === undefined || !this.#stays(worker)) continue;
      told.push(worker);
      this.workers.send(worker, { type: "tls", id, tls });
    }
    const asked = { awaited: new Set(told), problems: new Map<number, string>() };
    this.#asked.set(id, asked);
    await this.#untilAnswered(asked);
    this.#asked.delete(id);
    const { awaited, problems } = asked;
    const left = told.filter((worker) => this.#stays(worker));
    const late = left.filter((worker) => awaited.has(worker) && !this.#isIn(STARTING, worker));
    const said = left.flatMap((worker) => problems.get(worker) ?? []);
    return {
      workers: left.length,
      problems: [...said, ...late.map((worker) => words.noRenewalBy(worker))],
    };
  }

  #untilAnswered({ awaited }: Asked): Promise<void> {
    const untilMs = this.clock.now() + ANSWER_MS;
    return new Promise((resolve) => {
      const look = (): void => {
        for (const worker of awaited) if (!this.#stays(worker)) awaited.delete(worker);
        if (awaited.size === 0 || this.clock.now() >= untilMs) resolve();
        else this.clock.after(LOOK_MS, look);
      };
      look();
    });
  }

  /** A worker serves them, or has a problem with that. */
  noteAnswer(worker: number, id: number, problem: string | undefined): void {
    const asked = this.#asked.get(id);
    if (asked?.awaited.delete(worker) !== true || problem === undefined) return;
    asked.problems.set(worker, words.renewalProblem(worker, problem));
  }

  /** Its process lives, and this master has not sent it on its way out. */
  #stays(worker: number): boolean {
    if (hasHandedOver(this.state()) || !this.workers.has(worker)) return false;
    return !this.#isIn(LEAVING, worker);
  }

  #isIn(phases: ReadonlySet<string>, worker: number): boolean {
    return phases.has(this.state().workers.get(worker)?.phase.name ?? "exited");
  }
}
