// One leader: never two workers at the same time, whichever master has appointed them; for at most
// two seconds nobody, while a worker serves that could; and in the end the one that the master
// believes to lead does.

import type { State } from "../../../src/core/state.ts";
import { hasServer } from "../../../src/core/predicates.ts";
import { wantsLead } from "../world/disk.ts";
import type { World } from "../world/world.ts";
import { Checker, type Moment } from "./checker.ts";

const LONGEST_GAP_MS = 2000;

export class LeaderChecker extends Checker {
  readonly name = "one leader";

  override decided({ nowMs, after, world }: Moment): void {
    this.#checkAlone(world);
    if (!hasServer(after) || after.succession.name === "granted" || after.exited) return;
    const { leader } = after;
    // Whoever is waited for, it is not for long.
    if (leader !== undefined && leader.freeAtMs - nowMs > LONGEST_GAP_MS) {
      this.fail(`nobody else may lead for ${leader.freeAtMs - nowMs} ms`);
    }
    const [able] = candidates(after);
    if (leader === undefined && able !== undefined) {
      this.fail(`nobody leads, though worker ${able} could`);
    }
  }

  override calm(world: World, state: State): void {
    this.#checkAlone(world);
    const able = [...world.living].filter(({ generation, stage, hangs, loaded }) => {
      const isServing = generation === state.serving && stage === "ready";
      return isServing && !hangs && loaded !== undefined && wantsLead(loaded);
    });
    if (able.length === 0) return;
    const leader = [...world.living].find(({ isLeader }) => isLeader);
    if (leader === undefined) this.fail("nobody leads");
    if (!able.includes(leader)) this.fail(`worker ${leader.id} leads, which should not`);
    if (state.leader?.worker !== leader.id) {
      this.fail(`worker ${leader.id} leads, not ${state.leader?.worker}`);
    }
  }

  override ended(world: World): void {
    this.#checkAlone(world);
  }

  #checkAlone({ leadersAtOnce }: World): void {
    const [both] = leadersAtOnce;
    if (both !== undefined) this.fail(`workers ${both.join(" and ")} lead at the same time`);
  }
}

/** Ready workers of the generation that serves, which answer as far as the master knows. */
function candidates({ workers, serving }: State): number[] {
  return [...workers.values()].flatMap(({ id, generation, phase, wantsLead: wants, isSilent }) => {
    const isReady = generation === serving && phase.name === "ready";
    return isReady && wants === true && isSilent !== true ? [id] : [];
  });
}
