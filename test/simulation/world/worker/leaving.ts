// How a simulated worker leaves: it drains, says when it is idle, is stopped by force, or ends
// alone when its master has died.

import { LINGER_MS } from "../../../../src/core/settings.ts";
import type { ForcedRequest } from "../../../../src/ipc/messages.ts";
import type { Farewells } from "../world.ts";
import type { Self } from "./self.ts";

const FORCED: ForcedRequest = { method: "GET", path: "/slow", age_ms: 5000 };

export class Leaving {
  readonly farewells: Farewells = {};
  /** Its master has died. */
  isOrphan = false;
  #idleFromMs = Number.POSITIVE_INFINITY;
  #saidIdle = false;

  constructor(readonly worker: Self) {}

  drain(): void {
    const { connections, leadership } = this.worker;
    this.worker.stage = "draining";
    leadership.resign();
    connections.takeAllSoon();
    connections.served = 0;
    this.#idleSoon();
  }

  #idleSoon(): void {
    const { worker } = this;
    this.#idleFromMs = Math.min(this.#idleFromMs, worker.world.nowMs + LINGER_MS);
    worker.after(LINGER_MS, () => this.tellIdle());
  }

  tellIdle(): void {
    const { connections, listening, alive, hangs, world } = this.worker;
    const isIdle = connections.count === 0 && world.nowMs >= this.#idleFromMs;
    if (listening.accepts && !this.isOrphan) return;
    if (!isIdle || !alive || hangs || this.#saidIdle) return;
    this.#saidIdle = true;
    if (this.isOrphan) return this.end();
    const idle = { type: "idle", served: connections.served } as const;
    this.farewells.idle = idle;
    this.worker.say(idle);
  }

  force(): void {
    const { count: connections, served } = this.worker.connections;
    const busy = Math.min(connections, 2);
    this.#saidIdle = true;
    const oldest = busy === 0 ? undefined : { method: "GET", path: "/slow", ageMs: 5000 };
    const unfinished = { connections, inFlight: busy, oldest };
    const requests = Array.from({ length: busy }, () => FORCED);
    const forced = { type: "forced", unfinished, connections: busy, served, requests } as const;
    this.farewells.forced = forced;
    this.worker.say(forced);
    this.end();
  }

  /** Its master has died: it takes nothing new, and ends when it has nothing left. */
  orphan(): void {
    const { worker } = this;
    if (!worker.alive || this.isOrphan) return;
    this.isOrphan = true;
    this.#saidIdle = false;
    worker.loop.do(() => {
      worker.stage = "draining";
      worker.leadership.resign();
      worker.connections.takeAll();
      worker.listening.leave();
      this.#idleSoon();
    });
  }

  end(): void {
    const { worker } = this;
    worker.stage = "ending";
    if (!worker.fate.stubborn) worker.after(worker.fate.endMs, () => worker.die("exit code 0"));
  }
}
