// The bench: real masters in a simulated world. It sees each step of their control loops, each
// effect and each log entry, counts them, and shows them to the checkers.
import type { Effect } from "../../src/core/effects.ts";
import type { Event } from "../../src/core/events.ts";
import { hasServer } from "../../src/core/predicates.ts";
import type { State } from "../../src/core/state.ts";
import type { Step } from "../../src/core/step.ts";
import { ControlLoop, type LoopTargets, type MakeLoop } from "../../src/master/loop.ts";
import type { SuccessorCallbacks } from "../../src/master/surroundings.ts";
import { SystemError } from "../../src/os/libc.ts";
import type { Checker, Moment } from "./checkers/checker.ts";
import { recycledBy } from "./recycling-begun.ts";
import { countEffect, newTally } from "./tally.ts";
import { countTrials } from "./trial-tally.ts";
import { Trace } from "./trace.ts";
import { countWear } from "./wear-tally.ts";
import { Users } from "./users.ts";
import { Connection } from "./world/connection.ts";
import { MasterProcess, type Onlooker } from "./world/master-process.ts";
import { crowd, disturb } from "./world/outside.ts";
import type { Profile } from "./world/profile.ts";
import { World } from "./world/world.ts";

export type StepFunction = (state: State, event: Event, nowMs: number) => Step;

/** A step that has been taken, and whose effects are being performed. */
interface Taken {
  readonly process: MasterProcess;
  readonly moment: Moment;
  readonly checkers: readonly Checker[];
}

export class Bench implements Onlooker {
  readonly tally = newTally();
  readonly trace = new Trace();
  readonly world: World;
  readonly users: Users;
  /** The process that has the server. */
  server: MasterProcess;
  /** The server has ended, with this exit code. */
  exitCode: number | undefined;
  /** Its master was killed, and the successor has failed. */
  isLost = false;
  readonly #loops = new Map<MasterProcess, ControlLoop>();
  #taken: Taken | undefined;
  /** The last handover that was started. */
  #handover: Connection | undefined;

  constructor(
    seed: number,
    {
      solo,
      isDev,
      isShared,
      profile,
    }: {
      readonly solo: boolean;
      readonly isDev: boolean;
      readonly isShared: boolean;
      readonly profile: Partial<Profile>;
    },
    readonly step: StepFunction,
    readonly checkers: readonly Checker[],
  ) {
    this.world = new World(seed, solo, isDev, isShared, profile);
    const { world } = this;
    this.users = new Users(
      world,
      () => this.server,
      () => this.#handover?.process,
    );
    this.server = new MasterProcess(world, this, world.nextPid++);
    world.kernel.onCall = (call, address) =>
      this.#show((checker) => checker.called(world, this.state, call, address));
  }

  /** What the control loop of the server knows. */
  get state(): State {
    const loop = this.#loops.get(this.server);
    if (loop === undefined) throw new Error("there is no control loop yet");
    return loop.state;
  }

  get hasEnded(): boolean {
    return this.exitCode !== undefined || this.isLost;
  }

  makeLoop(process: MasterProcess): MakeLoop {
    return (initial, targets, clock) => {
      const step: StepFunction = (...given) => this.#take(process, ...given);
      const loop = new ControlLoop(initial, this.#watch(targets), clock, step);
      this.#loops.set(process, loop);
      return loop;
    };
  }

  #watch(targets: LoopTargets): LoopTargets {
    return {
      ...targets,
      perform: (effect) => {
        const { moment, checkers = [] } = this.#taken ?? {};
        if (moment !== undefined) {
          this.#show((checker) => checker.performing(moment, effect), checkers);
        }
        countEffect(this.tally, effect);
        const recycled = recycledBy(effect);
        if (recycled !== undefined) disturb(this.world, this.users, recycled);
        if (effect.type === "begin-comparison") crowd(this.world, effect.generation, effect.old);
        this.world.performing = effect.type;
        try {
          return targets.perform(effect);
        } finally {
          this.world.performing = undefined;
        }
      },
      settled: () => {
        this.#performed();
        targets.settled();
      },
    };
  }

  #take(process: MasterProcess, before: State, event: Event, nowMs: number): Step {
    this.#performed(true);
    const { world, trace } = this;
    // What is told again and again is no news.
    const isNews = event.type !== "worker-stalled" || !isStalledIn(before, event.worker);
    if (isNews) this.tally.steps += 1;
    trace.event(nowMs, process.pid, event);
    const given = this.step(before, event, nowMs);
    const { state: after, effects } = given;
    for (const effect of effects) trace.effect(nowMs, process.pid, effect);
    if (!hasServer(before) && hasServer(after)) this.#succeed(process, before, event);
    if (event.type === "config-loaded") world.disk.begin(event.generation, event.settings);
    if (event.type === "worker-full" && event.isFull) this.#countFull(after);
    if (event.type === "worker-ready" && world.worker(event.worker).hangs) process.watch();
    if (hearsOfRefusal(event)) world.untoldRefusals -= 1;
    const moment = { nowMs, event, before, after, effects, world, process };
    countTrials(this.tally, before, after, event);
    countWear(this.tally, before, after, event);
    const checkers = this.#checkersOf(process, after);
    this.#taken = { process, moment, checkers };
    this.#show((checker) => checker.decided(moment), checkers);
    return given;
  }

  #countFull({ workers, serving }: State): void {
    this.tally.full += 1;
    const ready = [...workers.values()].filter(
      ({ generation, phase }) => generation === serving && phase.name === "ready",
    );
    if (ready.every(({ isFull }) => isFull === true)) this.tally.allFull += 1;
  }

  /** Only some invariants apply to a master that does not have the server yet. */
  #checkersOf(process: MasterProcess, after: State): readonly Checker[] {
    if (process === this.server) return this.checkers;
    if (hasServer(after) || after.succession.name === "granted") return [];
    return this.checkers.filter(({ watchesSuccessor }) => watchesSuccessor);
  }

  /**
   * All effects of the last step have been performed.
   * @param isFollowed whether the next event comes at once
   */
  #performed(isFollowed = false): void {
    const taken = this.#taken;
    this.world.isFollowed = isFollowed;
    this.#taken = undefined;
    if (taken !== undefined) {
      this.#show((checker) => checker.performed(taken.moment), taken.checkers);
    }
  }

  #succeed(process: MasterProcess, { serving }: State, { type }: Event): void {
    const before = this.server;
    this.server = process;
    const { settings } = process;
    // It uses the configuration that it has read itself.
    if (serving !== undefined && settings !== undefined) this.world.disk.begin(serving, settings);
    const isGranted = type === "takeover-granted";
    // The old master dies soon, or relays everything until its last worker has ended.
    const { random } = this.world;
    if (isGranted && random.chance(0.3)) this.world.later(random.wait(1000), () => before.die());
    this.#show((checker) => checker.succeeded(before, process, isGranted));
  }

  onLog(
    process: MasterProcess,
    [, event, message, fields]: Parameters<Onlooker["onLog"]>[1],
  ): void {
    const isPerforming = this.world.performing === "log";
    if (isPerforming && this.world.fails()) throw new SystemError("write", "ENOSPC");
    const entry = { process, event, message, fields: fields ?? {} };
    this.#show((checker) => checker.logged(this.world, this.state, entry));
  }

  startSuccessor(process: MasterProcess, callbacks: SuccessorCallbacks): Connection {
    this.#handover = new Connection(process, callbacks);
    return this.#handover;
  }

  onExit(process: MasterProcess, code: number | undefined): void {
    this.#show((checker) => checker.exited(this.world, process, code));
    this.users.forget(process, code === undefined);
    const handover = this.#handover;
    const goesOn = handover?.predecessor === process && handover.process.isAlive;
    if (goesOn) return;
    if (process === this.server) this.exitCode = code ?? -1;
    else if (!this.server.isAlive) this.isLost = true;
  }

  /** Shows something to checkers. What one finds is kept, even if it is caught on the way. */
  #show(look: (checker: Checker) => void, checkers = this.checkers): void {
    try {
      for (const checker of checkers) look(checker);
    } catch (error) {
      this.world.violation ??= error as Error;
    }
  }
}

/** Effects that the kernel at times refuses in part. */
const REFUSABLE: ReadonlySet<Effect["type"]> = new Set([
  "steer",
  "close-listener",
  "quiet-listener",
  "divert",
]);

function isStalledIn({ workers }: State, worker: number): boolean {
  return workers.get(worker)?.isStalled === true;
}

function hearsOfRefusal(event: Event): boolean {
  if (event.type === "steering-refused") return true;
  if (event.type !== "effect-failed") return false;
  return REFUSABLE.has(event.effect.type);
}
