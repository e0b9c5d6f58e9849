// (b, c) Wherever a connection can come at any moment, a worker serves it: a ready worker of the
// serving generation while there is one, or one whose crash the control loop has not seen yet.

import type { Effect } from "../../../src/core/effects.ts";
import type { State } from "../../../src/core/state.ts";
import type { Call } from "../world/kernel.ts";
import type { World } from "../world/world.ts";
import {
  Checker,
  givesWay,
  hasSuccessor,
  isInGap,
  isSteeredIn,
  phaseOf,
  servingReady,
  takingReady,
  type Moment,
} from "./checker.ts";

export class ReachChecker extends Checker {
  readonly name = "reach";

  /** What has been answered by effects: a crash seen in this step counts as unseen until then. */
  #answered: State | undefined;

  /** It has just got the server, and steers for the first time. */
  #isGranted = false;

  override decided({ event, before, after, world }: Moment): void {
    this.#answered = before;
    this.#isGranted = event.type === "takeover-granted";
    if (after.serving === undefined || after.serving === before.serving) return;
    // After a rollback those serve that were in standby.
    if (after.serving === before.bake?.standby) return;
    const { workers } = world.disk.of(after.serving).settings;
    const ready = servingReady(after).length;
    // The last old worker has gone, and a new one has failed.
    if (givesWay(before) && ready > 0 && servingReady(before).length === 0) return;
    // A canary that has lost a worker which cannot be replaced.
    const cannotGrow = after.generations.get(after.serving)?.outdated !== undefined;
    if (before.rollout.name === "canary" && cannotGrow && ready > 0) return;
    if (ready < workers) {
      this.fail(`generation ${after.serving} serves with ${ready} ready workers`);
    }
  }

  /** A worker that has finished its drain ends: no connection may come to it any more. */
  override performing({ event, after, world }: Moment, effect: Effect): void {
    if (effect.type !== "stop" || event.type !== "worker-idle") return;
    const taking = takingReady(after);
    for (const [address, { members }] of after.groups) {
      const othersServe = taking.some((id) => members.includes(id));
      if (!members.includes(effect.worker)) continue;
      if (!othersServe && after.stop.name !== "draining") continue;
      const reached = world.kernel.reach(address).includes(effect.worker);
      if (reached && !world.kernel.isQuiet(address, effect.worker)) {
        this.fail(`worker ${effect.worker} is to end while it gets connections to ${address}`);
      }
    }
  }

  override performed(moment: Moment): void {
    const { event, before, after, world } = moment;
    this.#answered = after;
    const ready = takingReady(after);
    const isOrphaned = event.type === "predecessor-ended";
    const isHung = event.type === "worker-stalled" && phaseOf(after, event.worker) === "stopping";
    const gone =
      isHung || event.type === "worker-exited" || isOrphaned || after.stop.name === "draining";
    // Somebody has asked for the old generation, or its own command has refused the new one.
    const isBack = before.rollout.name === "canary" && after.rollout.name !== "canary";
    const isStopped = after.rollout.name === "emptying" || isBack;
    if (ready.length === 0 && takingReady(before).length > 0 && !gone && !isStopped) {
      this.fail("nobody of the serving generation is ready any more, and nobody has crashed");
    }
    for (const address of world.kernel.addresses()) {
      if (isSteeredIn(world, after)) this.#checkServing(world, ready, address);
      this.#check(world, after, address);
      // The kernel may just have refused a program, which changes who is reached.
      const mayClose = after.bindLock === undefined && !hasSuccessor(after) && !world.isFollowed;
      if (mayClose) this.#checkEnded(world, after, address);
    }
  }

  /**
   * Between two calls a listener that is about to be closed may be reached: it drops the handshake.
   * So may a worker that has failed between the claim and the grant, when nobody could steer.
   */
  override called(world: World, state: State, _call: Call, address: string): void {
    const isLate = (id: number): boolean => this.#isGranted && phaseOf(state, id) !== "ready";
    this.#check(world, state, address, (id) => isLate(id) || world.kernel.isQuiet(address, id));
  }

  /** Once everything has been performed, only the serving generation is reached. */
  #checkServing(world: World, ready: readonly number[], address: string): void {
    const owners = world.kernel.owners(address);
    if (!ready.some((id) => owners.includes(id))) return;
    for (const id of world.kernel.reach(address)) {
      if (!ready.includes(id)) this.fail(`${address} reaches worker ${id}, which does not serve`);
    }
  }

  /**
   * The listener of a worker that was seen to end goes as soon as the bind lock lets it. It may
   * stay where a single listener takes connections, is the last, and would move among others that
   * do not.
   */
  #checkEnded(world: World, state: State, address: string): void {
    const owners = world.kernel.owners(address);
    const reached = world.kernel.reach(address);
    const wouldMove = reached.length === 1 && reached[0] === owners.at(-1) && owners.length > 2;
    // One of them drops what comes in a gap, until the next generation serves.
    const isGap = isInGap(state) && !takingReady(state).some((id) => owners.includes(id));
    const drops = (id: number): boolean => world.kernel.drops(address, id);
    const chosen = state.groups.get(address)?.bridge;
    const mayBridge = (id: number): boolean => drops(id) || owners.length === 1;
    const isChosen = chosen !== undefined && mayBridge(chosen);
    const bridge = isGap ? (isChosen ? chosen : owners.find(mayBridge)) : undefined;
    for (const id of owners) {
      if (id === bridge) continue;
      const phase = phaseOf(state, id);
      if (phase === "exited" || (phase === undefined && !wouldMove)) {
        this.fail(`${address} has the listener of worker ${id}, which was seen to end`);
      }
    }
  }

  #check(
    world: World,
    state: State,
    address: string,
    mayRepeat: (id: number) => boolean = () => false,
  ): void {
    const { kernel } = world;
    if (!isSteeredIn(world, state)) return this.#checkUnsteered(world, address);
    const isReady = (id: number): boolean => phaseOf(state, id) === "ready";
    const wasReady = (id: number): boolean =>
      this.#answered !== undefined && phaseOf(this.#answered, id) === "ready";
    const owners = kernel.owners(address);
    // The first one that is ready gets connections once this step has been performed.
    if (!owners.some(isReady) || !owners.some(wasReady)) return;
    const isGap = isInGap(state) && !takingReady(state).some((id) => owners.includes(id));
    for (const id of kernel.reach(address)) {
      if (mayRepeat(id)) continue;
      // Whether it is the right one: see proven.ts.
      if (isGap && kernel.drops(address, id)) continue;
      const { alive, stage, isOrphan } = world.worker(id);
      // About to be ready, and of a version that has served: better than one that has not.
      const { phase, generation } = state.workers.get(id) ?? {};
      const isKnown = phase?.name === "binding" && generation === state.serving;
      if (alive && isKnown && !takingReady(state).some((it) => owners.includes(it))) continue;
      // The control loop has not heard yet that the worker's master has died.
      if (alive && isOrphan && isReady(id)) continue;
      // One that serves again may not have heard of it.
      if (alive ? stage !== "ready" && stage !== "standby" : !isReady(id) && !wasReady(id)) {
        this.fail(`a connection to ${address} comes to worker ${id}, which is ${stage}`);
      }
    }
  }

  /** Without steering: no worker releases a listener that still takes new connections. */
  #checkUnsteered(world: World, address: string): void {
    for (const id of world.kernel.reach(address)) {
      const worker = world.worker(id);
      const served = worker.isOpen(address) || world.kernel.isQuiet(address, id);
      if (worker.alive && !served) {
        this.fail(`a connection to ${address} comes to worker ${id}, which has let go of it`);
      }
    }
  }
}
