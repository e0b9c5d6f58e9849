// (e) No worker is forced or killed too early: before the drain deadline, the startup deadline, the
// grace after being asked to end, the limit on holding the bind lock, or `hang_timeout` if it hangs.
// A stop at once has no patience, and a worker that has not loaded its app has nothing to finish.

import type { Effect } from "../../../src/core/effects.ts";
import { hasServer } from "../../../src/core/predicates.ts";
import {
  BIND_TIMEOUT_MS,
  KILL_GRACE_MS,
  RELEASE_TIMEOUT_MS,
  type Settings,
} from "../../../src/core/settings.ts";
import type { State } from "../../../src/core/state.ts";
import type { Inhabitant } from "../world/world.ts";
import { Checker, type Moment } from "./checker.ts";

interface Account {
  readonly generation: number;
  readonly spawnedMs: number;
  ready: boolean;
  loaded: boolean;
  drainDeadlineMs: number;
  bindDeadlineMs: number;
  /** Where addresses are not shared: until when we wait for it to release its listeners. */
  yieldDeadlineMs: number;
  /** When it is killed for not having ended although asked to, or killed, before. */
  graceEndsMs: number;
}

const NEVER = Number.POSITIVE_INFINITY;

/** One that serves has the time of a drain. One that drains is in the way of others. */
function releaseMs({ workers, settings, stop }: State, id: number): number {
  const drains = workers.get(id)?.phase.name === "draining";
  if (!drains) return Math.max(settings.reloadTimeoutMs, 5000);
  return stop.name === "draining" ? NEVER : RELEASE_TIMEOUT_MS;
}

/** Somebody who writes the app waits for the next version: older ones have less time. */
function isHurried({ before, after }: Moment): boolean {
  const isAwaited = before.reloadWantedBy !== undefined || after.reloadWantedBy !== undefined;
  return after.settings.isDev === true && isAwaited;
}

/** When a worker has hung for too long. */
function hangEndsMs({ hangsSinceMs }: Inhabitant, { hangTimeoutMs = 0 }: Settings): number {
  return hangsSinceMs === undefined || hangTimeoutMs === 0 ? NEVER : hangsSinceMs + hangTimeoutMs;
}

export class PatienceChecker extends Checker {
  readonly name = "patience";
  override readonly watchesSuccessor = true;
  readonly #accounts = new Map<number, Account>();
  #atOnce = false;
  #interrupts = 0;

  override decided(moment: Moment): void {
    const { event } = moment;
    if (event.type === "worker-loaded") this.#account(event.worker).loaded = true;
    if (event.type === "worker-bound") this.#noteBound(moment, event.worker);
    if (event.type === "worker-ready") {
      this.#account(event.worker).ready = true;
      this.#account(event.worker).bindDeadlineMs = NEVER;
    }
    if (event.type === "predecessor-ended") {
      for (const id of event.workers) this.#orphan(id, moment);
    }
    if (event.type === "stop-requested") {
      if (event.mode === "impatient") this.#interrupts += 1;
      if (event.mode === "now" || this.#interrupts > 1) this.#atOnce = true;
    }
    if (moment.after.exitCode === 1 && hasServer(moment.after)) this.#atOnce = true;
    for (const effect of moment.effects) this.#check(moment, effect);
  }

  /**
   * Where addresses are not shared, a new generation that has bound must also be ready soon.
   * A message that the core did not believe leaves the lock as it was.
   */
  #noteBound({ world, after }: Moment, id: number): void {
    const account = this.#account(id);
    if (after.bindLock?.worker === id) return;
    if (account.ready || !world.solo) account.bindDeadlineMs = NEVER;
  }

  #check(moment: Moment, effect: Effect): void {
    const { nowMs, after } = moment;
    switch (effect.type) {
      case "spawn":
        return this.#open(effect.worker, effect.generation, nowMs);
      case "bind":
        this.#account(effect.worker).bindDeadlineMs = nowMs + BIND_TIMEOUT_MS;
        return;
      case "release-listener":
        this.#account(effect.worker).yieldDeadlineMs = nowMs + releaseMs(after, effect.worker);
        return;
      case "drain":
        if (effect.timeoutMs < 0) this.fail(`worker ${effect.worker} is given negative time`);
        this.#account(effect.worker).drainDeadlineMs = nowMs + effect.timeoutMs;
        return;
      case "stop":
        this.#account(effect.worker).graceEndsMs = nowMs + KILL_GRACE_MS;
        return;
      case "force":
        if (nowMs < this.#account(effect.worker).drainDeadlineMs && !isHurried(moment)) {
          this.fail(`worker ${effect.worker} is forced before its drain deadline`);
        }
        this.#account(effect.worker).graceEndsMs = nowMs + KILL_GRACE_MS;
        return;
      case "kill":
        return this.#checkKill(moment, effect.worker);
      default:
    }
  }

  #checkKill(moment: Moment, id: number): void {
    const { nowMs, world } = moment;
    const account = this.#account(id);
    const { generation, spawnedMs, loaded, ready } = account;
    const { startupTimeoutMs } = world.disk.of(generation).settings;
    const startupDeadlineMs = ready ? NEVER : spawnedMs + startupTimeoutMs;
    const { bindDeadlineMs, graceEndsMs, yieldDeadlineMs } = account;
    const yieldMs = world.solo ? yieldDeadlineMs : NEVER;
    const hungMs = hangEndsMs(world.worker(id), world.disk.of(generation).settings);
    const due = Math.min(hungMs, startupDeadlineMs, bindDeadlineMs, graceEndsMs, yieldMs);
    const mayBeEarly = this.#atOnce || isHurried(moment);
    if (loaded && !mayBeEarly && nowMs < due) this.fail(`worker ${id} is killed too early`);
    account.graceEndsMs = nowMs + KILL_GRACE_MS;
  }

  /** An orphan has the time of a stop to end. */
  #orphan(id: number, { nowMs, world }: Moment): void {
    const account = this.#account(id);
    const { shutdownTimeoutMs } = world.disk.of(account.generation).settings;
    const graceEndsMs = nowMs + shutdownTimeoutMs + KILL_GRACE_MS;
    account.graceEndsMs = Math.min(account.graceEndsMs, graceEndsMs);
  }

  #open(id: number, generation: number, spawnedMs: number): void {
    this.#accounts.set(id, {
      generation,
      spawnedMs,
      ready: false,
      loaded: false,
      drainDeadlineMs: NEVER,
      bindDeadlineMs: NEVER,
      yieldDeadlineMs: NEVER,
      graceEndsMs: NEVER,
    });
  }

  #account(id: number): Account {
    const account = this.#accounts.get(id);
    if (account === undefined) this.fail(`worker ${id} was never spawned`);
    return account;
  }
}
