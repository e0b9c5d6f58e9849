// What a simulated worker does as the leader, as in worker/app/leadership.ts: whether it leads is
// in the clock, even if its loop is blocked.

import { LEASE_MS } from "../../../../src/core/settings.ts";
import type { Self } from "./self.ts";

export class SimulatedLeadership {
  /** 0: it does not lead. */
  #leaseEndsMs = 0;
  #terms = 0;

  constructor(readonly worker: Self) {}

  get isLeader(): boolean {
    const { world, alive, master } = this.worker;
    return alive && world.nowMs < this.#leaseEndsMs && master.isAlive;
  }

  lead(untilMs: number): void {
    const { worker } = this;
    const { world, stage } = worker;
    if (stage !== "ready" || world.nowMs >= untilMs) return worker.say({ type: "resigned" });
    this.#terms += 1;
    this.#leadsUntil(untilMs);
    world.noteLeader(worker);
    this.#ask(this.#terms);
  }

  /** It goes on leading, if it does. */
  renew(untilMs: number): void {
    if (this.isLeader) this.#leadsUntil(untilMs);
  }

  resign(): void {
    if (this.#leaseEndsMs > 0) this.#endTerm();
  }

  #leadsUntil(untilMs: number): void {
    const { world } = this.worker;
    const term = this.#terms;
    this.#leaseEndsMs = untilMs;
    this.#pulse(untilMs - world.nowMs, () => {
      if (term === this.#terms && world.nowMs >= this.#leaseEndsMs) this.#endTerm();
    });
  }

  #ask(term: number): void {
    this.#pulse(LEASE_MS / 3, () => {
      if (term !== this.#terms || !this.isLeader) return;
      this.worker.say({ type: "lease-wanted" });
      this.#ask(term);
    });
  }

  /** What the app does takes a moment to end. */
  #endTerm(): void {
    const { worker } = this;
    if (!worker.alive) return;
    this.#terms += 1;
    this.#leaseEndsMs = 0;
    if (worker.isOrphan) return;
    worker.after(worker.fate.resignMs, () => worker.say({ type: "resigned" }));
  }

  #pulse(delayMs: number, act: () => void): void {
    const { world, loop } = this.worker;
    world.add(delayMs, "pulse", () => loop.do(act));
  }
}
