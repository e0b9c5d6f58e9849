// How workers are born in a simulated world, and what goes wrong with them by itself.

import type { Plan } from "../../../src/master/plan/plan.ts";
import type { WorkerCallbacks } from "../../../src/master/workers/worker-process.ts";
import { SystemError } from "../../../src/os/libc.ts";
import { goodFate, randomFate } from "./fate.ts";
import type { Home } from "./worker/home.ts";
import { SimulatedWorker } from "./worker/worker.ts";

interface Spawned {
  readonly worker: number;
  readonly generation: number;
  readonly plan: Plan;
  readonly page: number | undefined;
}

/** Throws where no process can be had. */
export function spawnWorker(
  master: Home,
  { worker: id, generation, plan, page }: Spawned,
  callbacks: WorkerCallbacks,
): SimulatedWorker {
  const { world } = master;
  const { random, profile } = world;
  const faulty = world.faulty && !(profile.cleanStart && generation === 0);
  const fate = faulty ? randomFate(random, profile) : goodFate(random);
  world.disk.begin(generation, plan.settings);
  const worker = new SimulatedWorker(id, generation, fate, master, callbacks);
  world.workers.set(id, worker);
  if (faulty && world.fails()) {
    worker.alive = false;
    throw new SystemError("spawn", "EMFILE");
  }
  world.living.add(worker);
  if (page !== undefined) world.pages.set(page, worker);
  worker.hasPage = page !== undefined;
  const { crashAfterMs, hangAfterMs, hangForMs, throwsAfterMs, liesAfterMs } = fate;
  for (const afterMs of throwsAfterMs) world.fault(afterMs, () => worker.throws(1));
  if (liesAfterMs !== undefined) world.fault(liesAfterMs, () => worker.lie());
  if (crashAfterMs !== undefined) world.fault(crashAfterMs, () => worker.die("signal SIGSEGV"));
  if (hangAfterMs !== undefined) world.fault(hangAfterMs, () => worker.hang(hangForMs));
  return worker;
}
