// Where addresses are not shared, two workers never listen at once. Nobody listens only between the
// moment when a worker releases its listeners, or ends, and the bind of the next worker, or of the
// same one again. While the serving worker lives and the address is free, that lasts no longer than
// a hanging bind and the kill that follows. A worker that hangs keeps the address for the time of
// a drain if it serves, and if it drains for the time of a release.

import type { State } from "../../../src/core/state.ts";
import { BIND_TIMEOUT_MS, KILL_GRACE_MS, RELEASE_TIMEOUT_MS } from "../../../src/core/settings.ts";
import type { Call } from "../world/kernel.ts";
import type { World } from "../world/world.ts";
import { Checker, type Moment } from "./checker.ts";

/**
 * Timers are late, and messages take their time: together never more than this many times the mean.
 */
const SLACK_MS = 2000;
const SLACK_MESSAGES = 40;

export class SoloChecker extends Checker {
  readonly name = "solo";
  #silentFromMs: number | undefined;
  /** The longest drain of those that hang and have the address. */
  #mostDrainMs = 0;
  /** Since when workers that drain keep the address. */
  readonly #keepsFromMs = new Map<number, number>();
  /** Nobody was there who could have listened again. */
  #excused = false;

  override called({ kernel }: World, _state: State, call: Call, address: string): void {
    if (call === "refused") this.fail(`two workers are to listen on ${address}`);
    const owners = new Set(kernel.addresses().flatMap((name) => kernel.owners(name)));
    if (owners.size > 1) this.fail(`the workers [${[...owners]}] listen at the same time`);
  }

  override performed({ nowMs, after, world }: Moment): void {
    this.#checkKept(nowMs, after, world);
    const isOver = after.serving === undefined || after.stop.name !== "none";
    if (isOver || someoneListens(world)) {
      if (!isOver) this.#checkGap(nowMs, world);
      this.#silentFromMs = undefined;
      this.#mostDrainMs = 0;
      this.#excused = false;
      return;
    }
    this.#silentFromMs ??= nowMs;
    this.#mostDrainMs = Math.max(this.#mostDrainMs, drainMsOfHanging(world));
    this.#excused ||= world.kernel.taken.size > 0 || !someoneCould(world, after.serving);
    this.#checkGap(nowMs, world);
  }

  #checkKept(nowMs: number, { workers, stop }: State, world: World): void {
    const { kernel } = world;
    const owners = new Set(kernel.addresses().flatMap((address) => kernel.owners(address)));
    for (const [id, { phase }] of workers) {
      const name = phase.name === "stopping" ? "draining" : phase.name;
      const keeps = owners.has(id) && name === "draining" && stop.name === "none";
      if (!keeps) this.#keepsFromMs.delete(id);
      else if (!this.#keepsFromMs.has(id)) this.#keepsFromMs.set(id, nowMs);
    }
    const mostMs = RELEASE_TIMEOUT_MS + 2 * KILL_GRACE_MS + slackOf(world);
    for (const [id, fromMs] of this.#keepsFromMs) {
      const keptMs = owners.has(id) ? nowMs - fromMs : 0;
      if (keptMs > mostMs) this.fail(`worker ${id} drains, and keeps the address for ${keptMs} ms`);
    }
  }

  #checkGap(nowMs: number, world: World): void {
    if (this.#silentFromMs === undefined || this.#excused) return;
    const limitMs = BIND_TIMEOUT_MS + 2 * KILL_GRACE_MS + slackOf(world) + this.#mostDrainMs;
    const gapMs = nowMs - this.#silentFromMs;
    if (gapMs > limitMs) this.fail(`nobody has listened for ${gapMs} ms`);
  }
}

function slackOf({ profile }: World): number {
  return SLACK_MS + SLACK_MESSAGES * profile.latencyMs;
}

function someoneListens(world: World): boolean {
  const { kernel } = world;
  return kernel
    .addresses()
    .flatMap((address) => kernel.owners(address))
    .some((id) => !world.worker(id).hangs);
}

function someoneCould({ living }: World, serving: number): boolean {
  return [...living].some(
    ({ generation, stage, hangs }) => generation === serving && stage === "ready" && !hangs,
  );
}

function drainMsOfHanging(world: World): number {
  const owners = world.kernel.addresses().flatMap((name) => world.kernel.owners(name));
  const hanging = owners.map((id) => world.worker(id)).filter(({ hangs }) => hangs);
  const drains = hanging.map((it) => world.disk.of(it.generation).settings.reloadTimeoutMs);
  return Math.max(0, ...drains);
}
