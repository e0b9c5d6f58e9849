// The world around the masters: a clock, a kernel, processes, versions on a disk. It has the
// simulated half of each of a master's surroundings, and lets one thing happen after the other.

import { drainMicrotasks } from "bun:jsc";
import type { Cancel } from "../../../src/master/surroundings.ts";
import type { Effect } from "../../../src/core/effects.ts";
import type { Settings } from "../../../src/core/settings.ts";
import type { FromWorker } from "../../../src/ipc/messages.ts";
import type { Far } from "../../../src/metrics/page.ts";
import { Violation } from "../violation.ts";
import { Agenda } from "./agenda.ts";
import { Disk, randomVersion, type Version, withPatience } from "./disk.ts";
import { Kernel } from "./kernel.ts";
import { randomProfile, type Profile } from "./profile.ts";
import { Random } from "./random.ts";

/** Something that is going to happen, unless it is taken back. */
interface Happening {
  /**
   * `outside`: somebody's wish. `world`: what comes of what has happened before. `timer`: a time
   * that a master waits for. `pulse`: what a worker that leads does all the time, for as long as
   * nothing else happens.
   */
  readonly source: "outside" | "world" | "timer" | "pulse";
  act: (() => void) | undefined;
}

/** `ready` from the moment it says so, `standby` and `draining` from the moment it is told. */
export type Stage = "starting" | "ready" | "standby" | "draining" | "ending" | "ended";

/** A worker process as others in the world see it. */
export interface Inhabitant {
  readonly id: number;
  readonly generation: number;
  readonly alive: boolean;
  readonly stage: Stage;
  readonly hangs: boolean;
  /** Since when its loop has been blocked; undefined: it turns. */
  readonly hangsSinceMs: number | undefined;
  /** Its master sees how far it gets. */
  readonly hasPage: boolean;
  /** What it has counted on its page. */
  readonly far: Far;
  readonly memoryBytes: number;
  /** Its master has died. */
  readonly isOrphan: boolean;
  /** It has been asked for what is to be asked before the first client comes. */
  readonly isWarm: boolean;
  /** It has as many connections as it may. */
  readonly isFull: boolean;
  /** A bind was asked for, and its answer has not been sent. */
  readonly binding: boolean;
  /** The version of the app that it has loaded. */
  readonly loaded: number | undefined;
  /** Its app may do now what is to be done once. */
  readonly isLeader: boolean;
  readonly farewells: Farewells;
  /** How often the app has thrown, as said in messages that the master has not taken yet. */
  readonly thrown: number[];
  /** Requests that it has counted on its page; those of them that failed, and that were slow. */
  readonly counted: number;
  readonly failed: number;
  readonly slow: number;
  /** Whether it holds the listener on `address` open itself. */
  isOpen(address: string): boolean;
  /** A connection that ends after `durationMs`, if that is ever. */
  accept(durationMs: number): void;
  /** Its app throws outside a request. */
  throws(times: number): void;
  /** Its loop is blocked. @param forMs left out: for good */
  hang(forMs?: number): void;
  /** Ends the process at once, as a crash or a kill does. */
  die(how: string): void;
}

/** What a worker has said on its way out. */
export interface Farewells {
  idle?: Extract<FromWorker, { readonly type: "idle" }>;
  forced?: Extract<FromWorker, { readonly type: "forced" }>;
}

export class World {
  readonly random: Random;
  readonly profile: Profile;
  readonly disk: Disk;
  readonly kernel: Kernel;
  /** What each master that runs has. */
  readonly masters = new Set<{ readonly open: ReadonlySet<number> }>();
  readonly workers = new Map<number, Inhabitant>();
  /** Those of the workers whose process lives. */
  readonly living = new Set<Inhabitant>();
  /** Whose page a descriptor is. */
  readonly pages = new Map<number, Inhabitant>();
  nextPage = 1_000_000;
  nextPid = 100;
  nextCommand = 0;
  /** The effect that a master is performing. */
  performing: Effect["type"] | undefined;
  readonly agenda = new Agenda<Happening>();
  nowMs = 0;
  /** New faults happen. */
  faulty = true;
  /** The kernel has no memory for programs until then. */
  isShortUntilMs = 0;
  /** Entries of the agenda whose source is the world itself. */
  pending = 0;
  /** Entries of the agenda that were not taken back, by source. */
  readonly due = { outside: 0, world: 0, timer: 0, pulse: 0 };
  /** Workers that were the leader at the same time. */
  readonly leadersAtOnce: [number, number][] = [];
  /** The control loop has the next event already. */
  isFollowed = false;
  /** What the kernel has refused, and no control loop has heard of. */
  untoldRefusals = 0;
  /** Commands of the operator's that look at a generation, and have not been told to end. */
  readonly looking = new Set<number>();
  /** What was found first: whatever catches an error, it is not lost. */
  violation: Error | undefined;

  constructor(
    seed: number,
    readonly solo = false,
    /** It serves the person who writes the app. */
    readonly isDev = false,
    /** All workers share the listening sockets of the master. */
    readonly isShared = false,
    /** What the seed does not decide. */
    wanted: Partial<Profile> = {},
  ) {
    this.random = new Random(seed);
    this.kernel = new Kernel((among) => this.random.pick(among));
    const profile = randomProfile(this.random);
    this.profile = {
      ...profile,
      ...wanted,
      // Whoever writes an app tries no versions.
      ...(isDev && { cleanStart: true, strategy: undefined }),
      // Nobody knows there how many connections a worker has.
      ...(solo && { mostConnections: Number.POSITIVE_INFINITY }),
    };
    this.disk = new Disk(this.#version(0, 0));
    this.disk.begin(0, this.disk.written.settings);
    this.kernel.steerable = this.profile.refuseAtStep !== 0;
  }

  /** Whether a master has the shared socket of a descriptor. */
  isHeldByMaster(descriptor: number): boolean {
    const { shared } = this.kernel;
    return [...this.masters].some(({ open }) =>
      [...open].some((it) => shared.has(it) && shared.isSame(it, descriptor)),
    );
  }

  /** An invariant is broken. */
  violate(checker: string, why: string): void {
    this.violation ??= new Violation(checker, why);
  }

  /** Somebody writes the next version. */
  write(): void {
    const faultRate = this.faulty ? this.profile.faultRate : 0;
    const number = this.disk.written.number + 1;
    const version = this.#version(number, faultRate);
    this.disk.write(this.faulty ? version : withPatience(version));
  }

  #version(number: number, faultRate: number): Version {
    const { strategy, recycles } = this.profile;
    const version = randomVersion(this.random, number, { faultRate, strategy, recycles });
    const settings = { ...version.settings, ...(this.isDev && { isDev: true }) };
    return { ...version, settings: this.solo ? alone(settings) : settings };
  }

  /** The first entry of the agenda happens. `false`: there is none. */
  happen(): boolean {
    for (;;) {
      const entry = this.agenda.take();
      if (entry === undefined) return false;
      const { act, source } = entry.item;
      if (source === "world") this.pending -= 1;
      if (act === undefined) continue;
      entry.item.act = undefined;
      this.due[source] -= 1;
      this.nowMs = entry.atMs;
      act();
      drainMicrotasks();
      if (this.violation !== undefined) throw this.violation;
      return true;
    }
  }

  add(delayMs: number, source: Happening["source"], act: () => void): Cancel {
    if (source === "world") this.pending += 1;
    this.due[source] += 1;
    const happening: Happening = { source, act };
    this.agenda.add(this.nowMs + delayMs, happening);
    return () => {
      if (happening.act === undefined) return;
      happening.act = undefined;
      this.due[source] -= 1;
    };
  }

  later(delayMs: number, act: () => void): void {
    this.add(delayMs, "world", act);
  }

  /** A worker leads from now on. */
  noteLeader(leader: Inhabitant): void {
    for (const other of this.living) {
      if (other !== leader && other.isLeader) this.leadersAtOnce.push([other.id, leader.id]);
    }
  }

  worker(id: number): Inhabitant {
    const worker = this.workers.get(id);
    if (worker === undefined) throw new Error(`worker ${id} was never spawned`);
    return worker;
  }

  /** Whether something that hardly ever fails does so now. @param share of what else goes wrong */
  fails(share = 0.25): boolean {
    return this.faulty && this.random.chance(this.profile.faultRate * share);
  }

  /** Has something go wrong later, unless faults have stopped by then. */
  fault(delayMs: number, act: () => void): void {
    this.later(delayMs, () => {
      if (this.faulty) act();
    });
  }

  /** Whether the kernel refuses programs at this moment. */
  refusesProgram(): boolean {
    const { faulty, random, profile, nowMs } = this;
    const isShort = nowMs < this.isShortUntilMs || random.chance(profile.refusalRate);
    return !this.kernel.steerable || (faulty && isShort);
  }

  noteRefusal(): void {
    if (this.performing !== "probe-steering") this.untoldRefusals += 1;
  }

  latencyMs(): number {
    return this.faulty ? this.random.wait(this.profile.latencyMs) : this.random.integer(0, 5);
  }
}

/** Where addresses are not shared, a configuration comes with one worker, and without trials. */
function alone(settings: Settings): Settings {
  const { rollout } = settings;
  const fits = rollout && { ...rollout, strategy: "all" as const, canaryShare: 0, bakeMs: 0 };
  return { ...settings, workers: 1, ...(fits && { rollout: fits }) };
}
