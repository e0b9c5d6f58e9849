// A worker that has as many connections as it may gets no new ones while another of the serving
// generation has room, and its share of them as soon as it has room again. If all are full, all get
// them: somebody has to answer. Of workers that hang `HangChecker` says what they get.

import { hasServer } from "../../../src/core/predicates.ts";
import { awakeOf, Checker, givesWay, isSteeredIn, type Moment, takingReady } from "./checker.ts";

export class RoomChecker extends Checker {
  readonly name = "room";
  override readonly watchesSuccessor = true;
  /** Those that have said so. Whoever has the server knows, also what a predecessor was told. */
  readonly #full = new Set<number>();

  override decided({ event }: Moment): void {
    if (event.type !== "worker-full") return;
    if (event.isFull) this.#full.add(event.worker);
    else this.#full.delete(event.worker);
  }

  override performed({ after, world }: Moment): void {
    if (!hasServer(after) || !isSteeredIn(world, after)) return;
    const ready = takingReady(after);
    // In a canary the shares count, see `TrialsChecker`.
    if (after.rollout.name === "canary") return;
    // There may be more workers than slots.
    if (after.settings.affinity === "client" && givesWay(after)) return;
    for (const address of world.kernel.addresses()) {
      const owners = world.kernel.owners(address);
      const reached = world.kernel.reach(address);
      this.#check(
        address,
        awakeOf(
          after,
          ready.filter((id) => owners.includes(id)),
        ),
        reached,
      );
    }
  }

  #check(address: string, ready: readonly number[], reached: readonly number[]): void {
    const roomy = ready.filter((id) => !this.#full.has(id));
    const wanted = roomy.length > 0 ? roomy : ready;
    const missed = wanted.filter((id) => !reached.includes(id));
    if (missed.length > 0) this.fail(`[${missed}] get no connections to ${address}`);
    const full = ready.filter((id) => reached.includes(id) && !wanted.includes(id));
    if (full.length > 0) this.fail(`[${full}] are full and get them, while [${roomy}] have room`);
  }
}
