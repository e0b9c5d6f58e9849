// The world around the control loop: a clock, a kernel, worker processes, versions on a disk.
// Performs effects as the master's shell does, and says what comes of them.

import type { Effect } from "../../../src/core/effects.ts";
import type { Event } from "../../../src/core/events.ts";
import { Agenda } from "./agenda.ts";
import { Disk, randomVersion, type Version, withPatience } from "./disk.ts";
import { goodFate, randomFate } from "./fate.ts";
import { Kernel } from "./kernel.ts";
import { randomProfile, type Profile } from "./profile.ts";
import { Random } from "./random.ts";
import { SimulatedWorker, type Surroundings } from "./worker.ts";

/** Something that is going to happen; what it returns is what the master hears of it. */
export interface Happening {
  /** `outside`: somebody's wish. `world`: what comes of what has happened before. */
  readonly source: "outside" | "world";
  readonly act: () => Event | undefined;
}

type Message = Extract<
  Effect,
  { readonly type: "bind" | "drain" | "stop" | "force" | "release-listener" }
>;

/** Each so many versions of the configuration is one that cannot be read to its end. */
const UNREAD = 13;

export class World implements Surroundings {
  readonly random: Random;
  readonly profile: Profile;
  readonly disk: Disk;
  readonly kernel = new Kernel();
  readonly workers = new Map<number, SimulatedWorker>();
  /** Those of the workers whose process lives. */
  readonly living = new Set<SimulatedWorker>();
  readonly agenda = new Agenda<Happening>();
  nowMs = 0;
  /** New faults happen. */
  faulty = true;
  /** Entries of the agenda whose source is the world itself. */
  pending = 0;
  exitCode: 0 | 1 | undefined;
  /** The id of the next command that somebody gives. */
  nextCommand = 0;
  /**
   * Programs that the kernel has refused: the control loop hears of it next, before anything else.
   */
  readonly untoldRefusals: Event[] = [];

  constructor(
    seed: number,
    readonly solo = false,
  ) {
    this.random = new Random(seed);
    this.profile = randomProfile(this.random);
    this.disk = new Disk(this.#fitted(randomVersion(this.random, 0, 0)));
    this.disk.put(0, this.disk.written);
    this.kernel.steerable = this.profile.refuseAtStep !== 0;
  }

  /** Somebody writes the next version. */
  write(): void {
    const faultRate = this.faulty ? this.profile.faultRate : 0;
    const number = this.disk.written.number + 1;
    const version = this.#fitted(randomVersion(this.random, number, faultRate));
    this.disk.written = this.faulty ? version : withPatience(version);
  }

  /** Where addresses are not shared, a configuration comes with one worker. */
  #fitted(version: Version): Version {
    if (!this.solo) return version;
    return { ...version, settings: { ...version.settings, workers: 1 } };
  }

  /** The first entry of the agenda happens. */
  happen(): Event | undefined {
    const entry = this.agenda.take();
    if (entry === undefined) throw new Error("nothing is going to happen");
    this.nowMs = entry.atMs;
    if (entry.item.source === "world") this.pending -= 1;
    return entry.item.act();
  }

  add(delayMs: number, source: Happening["source"], act: Happening["act"]): void {
    if (source === "world") this.pending += 1;
    this.agenda.add(this.nowMs + delayMs, { source, act });
  }

  later(delayMs: number, act: () => void): void {
    this.add(delayMs, "world", () => {
      act();
      return undefined;
    });
  }

  tell(delayMs: number, event: Event): void {
    this.add(delayMs, "world", () => event);
  }

  say(worker: SimulatedWorker, event: Event): void {
    if (event.type === "worker-exited") this.living.delete(worker);
    worker.lastOutMs = Math.max(worker.lastOutMs, this.nowMs + this.#latencyMs());
    this.tell(worker.lastOutMs - this.nowMs, event);
  }

  perform(effect: Effect): void {
    if (this.solo && this.#isOfSharing(effect)) return;
    switch (effect.type) {
      case "log":
      case "use-config":
      case "forget-config":
      case "tell-serving":
      case "reserve-number":
      case "health":
      case "answer":
      case "reload-began":
      case "reload-steered":
      case "reload-ended":
      case "worker-crashed":
      case "worker-respawned":
      case "start-successor":
      case "offer":
      case "stop-successor":
      case "kill-successor":
      case "forget-successor":
      case "grant":
      case "claim":
      case "taken-over":
        return;
      case "load-config":
        if (this.#fails()) {
          return this.tell(this.#latencyMs(), { type: "effect-failed", effect, reason: "EMFILE" });
        }
        return this.#readConfiguration(effect.generation);
      case "spawn":
        return this.#spawn(effect.worker, effect.generation);
      case "steer":
        return this.#attach(effect.address, effect.program);
      case "probe-steering":
        if (!this.#takes()) return;
        return this.tell(0, { type: "steering-works" });
      case "close-listener":
        this.kernel.quiet(effect.address, effect.worker);
        if (effect.keepsProgram !== true) this.#attach(effect.address, effect.during);
        this.kernel.close(effect.address, effect.worker);
        if (effect.keepsProgram === true || !this.kernel.has(effect.address)) return;
        return this.#attach(effect.address, effect.after);
      case "quiet-listener":
        this.kernel.filters = !this.random.chance(this.profile.filterRefusalRate);
        if (this.kernel.quiet(effect.address, effect.worker)) return;
        this.untoldRefusals.push({ type: "effect-failed", effect, reason: "EPERM" });
        return;
      case "divert":
        if (this.kernel.divert(effect.address, effect.listeners, this.#takes())) return;
        this.untoldRefusals.push({ type: "effect-failed", effect, reason: "ENOMEM" });
        return;
      case "kill":
        return this.worker(effect.worker).die("signal SIGKILL");
      case "exit":
        this.exitCode = effect.code;
        return;
      default:
        return this.#send(effect);
    }
  }

  /**
   * Without duplicates of listeners the master has none to close, and none to do anything else
   * with.
   */
  #isOfSharing({ type }: Effect): boolean {
    if (type === "steer" || type === "quiet-listener")
      throw new Error(`${type} where none is shared`);
    return type === "close-listener";
  }

  worker(id: number): SimulatedWorker {
    const worker = this.workers.get(id);
    if (worker === undefined) throw new Error(`worker ${id} was never spawned`);
    return worker;
  }

  #send(message: Message): void {
    const worker = this.worker(message.worker);
    worker.lastInMs = Math.max(worker.lastInMs, this.nowMs + this.#latencyMs());
    this.later(worker.lastInMs - this.nowMs, () => worker.receive(message));
  }

  #spawn(id: number, generation: number): void {
    const faulty = this.faulty && !(this.profile.cleanStart && generation === 0);
    const fate = faulty ? randomFate(this.random, this.profile) : goodFate(this.random);
    const { addresses } = this.disk.of(generation);
    const worker = new SimulatedWorker(id, generation, addresses, fate, this);
    this.workers.set(id, worker);
    this.living.add(worker);
    const { crashAfterMs, hangAfterMs, throwsAfterMs, liesAfterMs } = fate;
    if (faulty && this.#fails()) return worker.die("it could not be spawned: EMFILE");
    for (const afterMs of throwsAfterMs) this.#fault(afterMs, () => worker.throws());
    if (liesAfterMs !== undefined) this.#fault(liesAfterMs, () => worker.lie());
    if (crashAfterMs !== undefined) this.#fault(crashAfterMs, () => worker.die("signal SIGSEGV"));
    if (hangAfterMs !== undefined) this.#fault(hangAfterMs, () => worker.hang());
  }

  /** Whether something that hardly ever fails does so now. */
  #fails(): boolean {
    return this.faulty && this.random.chance(this.profile.faultRate / 4);
  }

  #fault(delayMs: number, act: () => void): void {
    this.later(delayMs, () => {
      if (this.faulty) act();
    });
  }

  /** It may never be answered, as where the name of a host is looked up. */
  #readConfiguration(generation: number): void {
    if (this.faulty && this.disk.written.number % UNREAD === UNREAD - 1) return;
    const version = this.disk.written;
    this.add(this.#latencyMs(), "world", () => {
      if (!version.valid)
        return { type: "config-rejected", generation, reason: "it does not validate" };
      this.disk.put(generation, version);
      return { type: "config-loaded", generation, settings: version.settings, warnings: [] };
    });
  }

  #attach(address: string, program: readonly number[] | undefined): void {
    if (program === undefined || this.#takes()) return void this.kernel.attach(address, program);
    const effect = { type: "steer", address, program } as const;
    this.untoldRefusals.push({ type: "effect-failed", effect, reason: "ENOMEM" });
  }

  /** Whether the kernel takes programs at this moment. */
  #takes(): boolean {
    const { faulty, random, profile } = this;
    return this.kernel.steerable && !(faulty && random.chance(profile.refusalRate));
  }

  #latencyMs(): number {
    return this.faulty ? this.random.wait(this.profile.latencyMs) : this.random.integer(0, 5);
  }
}
