// The world around the masters: a clock, a kernel, processes, versions on a disk. It has the
// simulated half of each of a master's surroundings, and lets one thing happen after the other.

import { drainMicrotasks } from "bun:jsc";
import type { Plan } from "../../../src/master/plan/plan.ts";
import type { Cancel } from "../../../src/master/surroundings.ts";
import type { WorkerCallbacks } from "../../../src/master/workers/worker-process.ts";
import { SystemError } from "../../../src/os/libc.ts";
import { Violation } from "../checkers/checker.ts";
import { Agenda } from "./agenda.ts";
import type { Connection } from "./connection.ts";
import { Disk, randomVersion, type Version, withPatience } from "./disk.ts";
import { goodFate, randomFate } from "./fate.ts";
import { Kernel } from "./kernel.ts";
import { MasterProcess, type Onlooker } from "./master-process.ts";
import { randomProfile, type Profile } from "./profile.ts";
import { Random } from "./random.ts";
import { SimulatedWorker } from "./worker.ts";

/** Something that is going to happen, unless it is taken back. */
interface Happening {
  /**
   * `outside`: somebody's wish. `world`: what comes of what has happened before. `timer`: a time
   * that a master waits for.
   */
  readonly source: "outside" | "world" | "timer";
  act: (() => void) | undefined;
}

interface Spawned {
  readonly worker: number;
  readonly generation: number;
  readonly plan: Plan;
  readonly page: number | undefined;
}

export class World {
  readonly random: Random;
  readonly profile: Profile;
  readonly disk: Disk;
  readonly kernel = new Kernel();
  readonly workers = new Map<number, SimulatedWorker>();
  /** Those of the workers whose process lives. */
  readonly living = new Set<SimulatedWorker>();
  /** Whose page a descriptor is. */
  readonly pages = new Map<number, SimulatedWorker>();
  nextPage = 1_000_000;
  nextPid = 100;
  /** The process that was started last to take over. */
  handover: Connection | undefined;
  readonly agenda = new Agenda<Happening>();
  nowMs = 0;
  /** New faults happen. */
  faulty = true;
  /** Entries of the agenda whose source is the world itself. */
  pending = 0;
  /** The control loop has the next event already. */
  isFollowed = false;
  /** What the kernel has refused, and no control loop has heard of. */
  untoldRefusals = 0;
  /** What was found first: whatever catches an error, it is not lost. */
  violation: Error | undefined;

  constructor(
    seed: number,
    readonly onlooker: Onlooker,
    readonly solo = false,
  ) {
    this.random = new Random(seed);
    this.profile = randomProfile(this.random);
    this.disk = new Disk(this.#fitted(randomVersion(this.random, 0, 0)));
    this.disk.begin(0, this.disk.written.settings);
    this.kernel.steerable = this.profile.refuseAtStep !== 0;
  }

  /** An invariant is broken. */
  violate(checker: string, why: string): void {
    this.violation ??= new Violation(checker, why);
  }

  /** Somebody writes the next version. */
  write(): void {
    const faultRate = this.faulty ? this.profile.faultRate : 0;
    const number = this.disk.written.number + 1;
    const version = this.#fitted(randomVersion(this.random, number, faultRate));
    this.disk.write(this.faulty ? version : withPatience(version));
  }

  /** Where addresses are not shared, a configuration comes with one worker. */
  #fitted(version: Version): Version {
    if (!this.solo) return version;
    return { ...version, settings: { ...version.settings, workers: 1 } };
  }

  /** The first entry of the agenda happens. `false`: there is none. */
  happen(): boolean {
    for (;;) {
      const entry = this.agenda.take();
      if (entry === undefined) return false;
      const { act, source } = entry.item;
      if (source === "world") this.pending -= 1;
      if (act === undefined) continue;
      this.nowMs = entry.atMs;
      act();
      drainMicrotasks();
      if (this.violation !== undefined) throw this.violation;
      return true;
    }
  }

  add(delayMs: number, source: Happening["source"], act: () => void): Cancel {
    if (source === "world") this.pending += 1;
    const happening: Happening = { source, act };
    this.agenda.add(this.nowMs + delayMs, happening);
    return () => (happening.act = undefined);
  }

  later(delayMs: number, act: () => void): void {
    this.add(delayMs, "world", act);
  }

  worker(id: number): SimulatedWorker {
    const worker = this.workers.get(id);
    if (worker === undefined) throw new Error(`worker ${id} was never spawned`);
    return worker;
  }

  spawn(
    master: MasterProcess,
    { worker: id, generation, plan, page }: Spawned,
    callbacks: WorkerCallbacks,
  ): SimulatedWorker {
    const faulty = this.faulty && !(this.profile.cleanStart && generation === 0);
    const fate = faulty ? randomFate(this.random, this.profile) : goodFate(this.random);
    this.disk.begin(generation, plan.settings);
    const worker = new SimulatedWorker(id, generation, fate, this, master, callbacks);
    this.workers.set(id, worker);
    if (faulty && this.fails()) {
      worker.alive = false;
      throw new SystemError("spawn", "EMFILE");
    }
    this.living.add(worker);
    if (page !== undefined) this.pages.set(page, worker);
    const { crashAfterMs, hangAfterMs, throwsAfterMs, liesAfterMs } = fate;
    for (const afterMs of throwsAfterMs) this.#fault(afterMs, () => worker.throws(1));
    if (liesAfterMs !== undefined) this.#fault(liesAfterMs, () => worker.lie());
    if (crashAfterMs !== undefined) this.#fault(crashAfterMs, () => worker.die("signal SIGSEGV"));
    if (hangAfterMs !== undefined) this.#fault(hangAfterMs, () => worker.hang());
    return worker;
  }

  /** A process is started to take over: it comes up, hangs, or dies on the way. */
  succeed(connection: Connection): void {
    const { random, profile } = this;
    this.handover = connection;
    if (this.fails()) return;
    this.later(random.wait(100), () => connection.begin());
    if (!this.faulty || !random.chance(profile.faultRate * 6)) return;
    this.#fault(random.wait(300), () => this.#goWrong(connection));
  }

  /** Either master dies, or what serves does, at any moment of a handover. */
  #goWrong({ predecessor, process }: Connection): void {
    const { random } = this;
    const mishap = random.pick(["old", "new", "workers", "workers"] as const);
    const hasSucceeded = process.isAlive && this.onlooker.serves(process);
    if (mishap === "new" && !hasSucceeded) process.die();
    // Only a successor that will get as far as that can go on alone.
    else if (mishap === "old" && process.willServe && process.isAlive) predecessor.die();
    else if (mishap === "workers") this.#crash(predecessor, random.chance(0.7) ? 1 : 0.5);
  }

  /** Workers that serve crash. @param share of them, from 0 to 1 */
  #crash({ workers }: MasterProcess, share: number): void {
    for (const worker of workers) {
      if (worker.stage === "ready" && this.random.chance(share)) worker.die("signal SIGSEGV");
    }
  }

  /** Whether something that hardly ever fails does so now. */
  fails(): boolean {
    return this.faulty && this.random.chance(this.profile.faultRate / 4);
  }

  #fault(delayMs: number, act: () => void): void {
    this.later(delayMs, () => {
      if (this.faulty) act();
    });
  }

  /** Whether the kernel refuses programs at this moment. */
  refusesProgram(): boolean {
    const { faulty, random, profile } = this;
    return !this.kernel.steerable || (faulty && random.chance(profile.refusalRate));
  }

  noteRefusal(): void {
    if (this.onlooker.performing !== "probe-steering") this.untoldRefusals += 1;
  }

  latencyMs(): number {
    return this.faulty ? this.random.wait(this.profile.latencyMs) : this.random.integer(0, 5);
  }
}
