// A worker whose loop is blocked is known to hang within 500 ms, and gets no new connections while
// another one gets on; if none does, all get them. Once it gets on it has its share again, and that
// is all: a hang that ends counts against nobody. One that lasts for `hang_timeout` ends the worker,
// and another takes its place.

import { groupsAreFrozen, hasServer } from "../../../src/core/predicates.ts";
import { nextDeadline } from "../../../src/core/rules/deadlines.ts";
import type { Phase, State } from "../../../src/core/state.ts";
import type { MasterProcess } from "../world/master-process.ts";
import type { World } from "../world/world.ts";
import { awakeOf, Checker, givesWay, isSteeredIn, type Moment, takingReady } from "./checker.ts";

const KNOWN_WITHIN_MS = 500;
/** The timers of the master may be late, time and again. */
const LATE_MS = 300;

const WATCHED: ReadonlySet<Phase["name"]> = new Set(["ready", "standby", "draining"]);

export class HangChecker extends Checker {
  readonly name = "hang";
  override readonly watchesSuccessor = true;
  /** Those that have been told to have stalled, and not to get on again. */
  readonly #stalled = new Set<number>();
  /** Since when the master watches each worker. */
  readonly #watchedMs = new Map<number, number>();
  /** When something last was in the way of a kill. */
  #frozenMs = 0;

  override decided(moment: Moment): void {
    const { event, nowMs, before, after } = moment;
    if (event.type === "worker-stalled") this.#stalled.add(event.worker);
    if (event.type === "worker-got-on") this.#stalled.delete(event.worker);
    if (event.type === "worker-ready" && !this.#watchedMs.has(event.worker)) {
      this.#watchedMs.set(event.worker, nowMs);
    }
    if (groupsAreFrozen(before) || groupsAreFrozen(after)) this.#frozenMs = nowMs;
    if (event.type === "worker-stalled" || event.type === "worker-got-on") this.#checkCost(moment);
  }

  /** A worker that hangs, and may get on again, is no crash, and no mark against its version. */
  #checkCost({ event, nowMs, before, after }: Moment): void {
    if (event.type !== "worker-stalled" && event.type !== "worker-got-on") return;
    // A timer that is late would have come first.
    if ((nextDeadline(before) ?? Infinity) <= nowMs) return;
    const was = before.workers.get(event.worker)?.phase.name;
    const is = after.workers.get(event.worker)?.phase.name;
    if (was !== is) return;
    const [cost, costs] = [costOf(before), costOf(after)];
    if (costs > cost) this.fail(`worker ${event.worker} hangs, and that counts as a crash`);
  }

  override performed(moment: Moment): void {
    const { after, world, process } = moment;
    this.#checkKnown(moment);
    if (!hasServer(after) || !isSteeredIn(world, after) || world.isShared) return;
    if (process.master === undefined || after.settings.affinity === "client") return;
    // In a canary the shares count, see `TrialsChecker`.
    const isSplit = after.rollout.name === "canary" || givesWay(after);
    for (const address of world.kernel.addresses()) {
      if (after.groups.get(address)?.diversion === "in-force") continue;
      const owners = world.kernel.owners(address);
      const taking = takingReady(after).filter((id) => owners.includes(id));
      const awake = taking.filter((id) => !this.#stalled.has(id));
      const reached = world.kernel.reach(address);
      const hung = taking.filter((id) => this.#stalled.has(id) && reached.includes(id));
      if (awake.length > 0 && hung.length > 0) {
        this.fail(`[${hung}] hang and get connections to ${address}, while [${awake}] get on`);
      }
      if (isSplit) continue;
      const wanted = awake.length > 0 ? awake : taking;
      const roomy = wanted.filter((id) => after.workers.get(id)?.isFull !== true);
      const missed = roomy.filter((id) => !reached.includes(id));
      if (missed.length > 0) this.fail(`[${missed}] get no connections to ${address}`);
    }
  }

  #checkKnown({ nowMs, after, world, process }: Moment): void {
    if (after.exited || after.succession.name === "granted") return;
    for (const { id, alive, hangsSinceMs, hasPage, generation } of process.workers) {
      const worker = after.workers.get(id);
      if (hangsSinceMs === undefined || !alive || !hasPage || worker === undefined) continue;
      const { name } = worker.phase;
      const watchedMs = this.#watchedMs.get(id);
      if (!WATCHED.has(name) || watchedMs === undefined) continue;
      const forMs = nowMs - Math.max(hangsSinceMs, watchedMs);
      if (forMs > KNOWN_WITHIN_MS + LATE_MS && worker.isStalled !== true) {
        this.fail(`worker ${id} has hung for ${forMs} ms, and nobody knows`);
      }
      const { hangTimeoutMs = 0 } = world.disk.of(generation).settings;
      if (name === "draining" || hangTimeoutMs === 0) continue;
      const sinceMs = Math.max(hangsSinceMs, watchedMs, this.#frozenMs - hangTimeoutMs);
      const lateMs = nowMs - sinceMs - hangTimeoutMs;
      const isLate = lateMs > KNOWN_WITHIN_MS + LATE_MS;
      if (isLate) this.fail(`worker ${id} has hung for ${lateMs} ms too long`);
    }
  }

  override calm(world: World, state: State, { workers }: MasterProcess): void {
    for (const { id, alive, hangs } of workers) {
      const isKnown = state.workers.get(id)?.isStalled === true;
      if (alive && hangs !== isKnown) this.fail(`worker ${id} ${hangs ? "hangs" : "gets on"}`);
    }
    for (const address of world.kernel.addresses()) {
      const owners = world.kernel.owners(address);
      const awake = awakeOf(
        state,
        takingReady(state).filter((id) => owners.includes(id)),
      );
      if (awake.length > 0 && world.kernel.reach(address).length === 0) {
        this.fail(`nobody gets connections to ${address}`);
      }
    }
  }
}

/** What counts against versions. */
function costOf({ respawn, rollout, bake }: State): number {
  const canary = rollout.name === "canary" ? rollout : undefined;
  const crashes = respawn.crashesMs.length + (canary?.respawn.crashesMs.length ?? 0);
  return crashes + (canary?.trial.troubles ?? 0) + (bake?.trial.troubles ?? 0);
}
