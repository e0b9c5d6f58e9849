// The metrics agree with what has happened, over handovers too: nothing is counted twice, and
// nothing is lost, except with a master that is killed or fails.

import type { Effect, Outcome } from "../../../src/core/effects.ts";
import type { State } from "../../../src/core/state.ts";
import type { MasterProcess } from "../world/master-process.ts";
import type { World } from "../world/world.ts";
import { Checker, type Entry, type Moment } from "./checker.ts";

interface Counts {
  crashes: number;
  restarts: number;
  uncaught: number;
  completed: number;
  rejected: number;
  rolledBack: number;
  forced: number;
  hangs: number;
  requests: number;
  rss: number;
  lifetime: number;
}

/** The line that has each of them. */
const LINES: Readonly<Record<keyof Counts, string>> = {
  crashes: "pounce_worker_crashes_total",
  restarts: "pounce_worker_restarts_total",
  uncaught: "pounce_worker_uncaught_errors_total",
  completed: 'pounce_reloads_total{outcome="completed"}',
  rejected: 'pounce_reloads_total{outcome="rejected"}',
  rolledBack: 'pounce_reloads_total{outcome="rolled-back"}',
  forced: "pounce_forced_requests_total",
  hangs: "pounce_worker_hangs_total",
  requests: 'pounce_worker_recycles_total{limit="requests"}',
  rss: 'pounce_worker_recycles_total{limit="rss"}',
  lifetime: 'pounce_worker_recycles_total{limit="lifetime"}',
};
const NAMES = Object.keys(LINES) as (keyof Counts)[];
const NOTHING: Counts = {
  crashes: 0,
  restarts: 0,
  uncaught: 0,
  completed: 0,
  rejected: 0,
  rolledBack: 0,
  forced: 0,
  hangs: 0,
  requests: 0,
  rss: 0,
  lifetime: 0,
};

export class MetricsChecker extends Checker {
  readonly name = "metrics";
  override readonly watchesSuccessor = true;
  /** By the process of the master. */
  readonly #counts = new Map<number, Counts>();
  /** A master was killed, or has failed to take over: what its workers had counted is lost. */
  #hasLost = false;

  override decided({ event, process, world }: Moment): void {
    const counts = this.#of(process);
    if (event.type === "worker-uncaught") {
      counts.uncaught += world.worker(event.worker).thrown.shift() ?? 0;
    }
    if (event.type !== "worker-forced") return;
    counts.forced += world.worker(event.worker).farewells.forced?.requests.length ?? 0;
  }

  override performing({ process }: Moment, effect: Effect): void {
    if (effect.type === "worker-crashed") this.#of(process).crashes += 1;
    if (effect.type === "worker-respawned") this.#of(process).restarts += 1;
    if (effect.type === "worker-hung") this.#of(process).hangs += 1;
    if (effect.type === "worker-recycled") this.#of(process)[effect.why] += 1;
  }

  override logged(_world: World, _state: State, { event, fields, process }: Entry): void {
    if (event !== "receipt") return;
    const outcome = fields["outcome"] as Outcome;
    this.#of(process)[outcome === "rolled-back" ? "rolledBack" : outcome] += 1;
  }

  override succeeded(from: MasterProcess, to: MasterProcess, isGranted: boolean): void {
    if (!isGranted) return;
    const [old, counts] = [this.#of(from), this.#of(to)];
    for (const name of NAMES) counts[name] += old[name];
  }

  override exited(_world: World, _process: MasterProcess, code: number | undefined): void {
    this.#hasLost ||= code !== 0;
  }

  override calm(world: World, _state: State, server: MasterProcess): void {
    this.#check(world, server);
  }

  override ended(world: World, _state: State, server: MasterProcess): void {
    this.#check(world, server);
  }

  #check({ pages }: World, server: MasterProcess): void {
    const lines = new Map(
      (server.master?.control.metrics() ?? "").split("\n").map((line) => {
        const at = line.lastIndexOf(" ");
        return [line.slice(0, at), Number(line.slice(at + 1))] as const;
      }),
    );
    const counts = this.#of(server);
    for (const name of NAMES) {
      const told = lines.get(LINES[name]) ?? 0;
      if (told !== counts[name]) {
        this.fail(`${LINES[name]} is ${told}, and should be ${counts[name]}`);
      }
    }
    const requests = [...lines].filter(([name]) => name.startsWith("pounce_http_requests_total"));
    const told = requests.reduce((sum, [, value]) => sum + value, 0);
    const served = [...pages.values()].reduce((sum, { counted }) => sum + counted, 0);
    if (told > served || (told < served && !this.#hasLost)) {
      this.fail(`${told} requests are counted, and ${served} were served`);
    }
  }

  #of({ pid }: MasterProcess): Counts {
    const counts = this.#counts.get(pid) ?? { ...NOTHING };
    this.#counts.set(pid, counts);
    return counts;
  }
}
