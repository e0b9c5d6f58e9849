// When a simulated master looks how far its workers get: as often as a real one, from the moment
// when there is something to see until it knows that. At other times it would see nothing new.

import type { Phase, State } from "../../../src/core/state.ts";
import type { Cancel } from "../../../src/master/surroundings.ts";
import { LOOK_MS } from "../../../src/master/workers/progress.ts";
import type { Inhabitant, World } from "./world.ts";

/** Until a worker that hangs is killed: not so far apart that the master seems to be away. */
const WAITING_MS = 400;

const WATCHED: ReadonlySet<Phase["name"]> = new Set(["ready", "standby", "draining"]);

interface WatchTargets {
  readonly look: () => void;
  readonly workers: Iterable<Inhabitant>;
  /** Of a master that does something. */
  readonly state: () => State | undefined;
}

export class Watch {
  #next: Cancel | undefined;

  constructor(
    readonly world: World,
    readonly targets: WatchTargets,
  ) {}

  begin(): void {
    this.#lookIn(0);
  }

  #lookIn(delayMs: number): void {
    this.#next?.();
    this.#next = this.world.add(delayMs, "world", () => {
      this.#next = undefined;
      this.targets.look();
      const nextMs = this.#nextMs();
      if (nextMs !== undefined && this.#next === undefined) this.#lookIn(nextMs);
    });
  }

  /** `undefined`: nothing is to be seen. */
  #nextMs(): number | undefined {
    const state = this.targets.state();
    const isOver = state === undefined || state.exited || state.succession.name === "granted";
    if (isOver) return undefined;
    let nextMs: number | undefined;
    for (const { id, generation, alive, hangs, hasPage } of this.targets.workers) {
      const worker = state.workers.get(id);
      if (!alive || !hasPage || worker === undefined) continue;
      const { name } = worker.phase;
      if (!WATCHED.has(name)) continue;
      if (hangs !== (worker.isStalled === true)) return LOOK_MS;
      const { hangTimeoutMs = 0 } = state.generations.get(generation)?.settings ?? {};
      if (hangs && name !== "draining" && hangTimeoutMs > 0) nextMs = WAITING_MS;
    }
    return nextMs;
  }
}
