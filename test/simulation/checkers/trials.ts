// New generations on trial. A canary gets exactly its share of new connections. Trials end in time,
// and as they should: a generation that was measured as bad is not promoted, and does not stay; a
// good one goes only for another reason. On the way back nothing is loaded that still is there.
// What was begun for a trial, comparisons and commands, is ended.

import type { Effect, EffectOf } from "../../../src/core/effects.ts";
import type { EventOf } from "../../../src/core/events.ts";
import { canGrow, canaryOf, hasServer, isSteered, isStuck } from "../../../src/core/predicates.ts";
import type { State } from "../../../src/core/state.ts";
import { LONGEST_WAIT_MS } from "../../../src/core/moves/trial.ts";
import type { Trial } from "../../../src/core/rollout-state.ts";
import { isSilent, judge } from "../../../src/core/verdict.ts";
import { begunIn } from "../recycling-begun.ts";
import type { World } from "../world/world.ts";
import {
  awakeOf,
  Checker,
  isSteeredIn,
  type Moment,
  servingReady,
  takingReady,
} from "./checker.ts";

/** Timers may be late, and a last measurement may follow. */
const LATE_MS = 2500;
const EXACT = 1e-6;
/** Fewer requests say nothing, whatever became of them. */
const FEW = 20;

/** How long a trial may go on because workers hang, or because nobody has answered anybody. */
function waitsMs({ comparison }: Trial): number {
  if (comparison === undefined) return 0;
  const hangs = (comparison.whole.fresh.progress?.stalledMs ?? 0) > 0;
  return hangs || isSilent(comparison) ? LONGEST_WAIT_MS : 0;
}

export class TrialsChecker extends Checker {
  readonly name = "trials";
  /** Generations that are compared with an older one. */
  readonly #compared = new Set<number>();
  /** Generations that the operator's command looks at. */
  readonly #looked = new Set<number>();
  /** What the command has accepted, as `generation stage`. */
  readonly #accepted = new Set<string>();
  /** Generations of which a worker has taken new connections. */
  readonly #hadClients = new Set<number>();
  /** When the canary, and the bake, began, and when the canary last lacked a worker. */
  #canaryMs = 0;
  #shortMs = 0;
  #bakeMs = 0;
  /** The workers in standby. */
  readonly #standby = new Set<number>();
  /** Those of the workers that were in standby that have been asked to drain. */
  readonly #drained = new Set<number>();

  override decided(moment: Moment): void {
    const { nowMs, event, before, after, effects } = moment;
    if (!hasServer(after)) return;
    for (const effect of effects) {
      if (effect.type === "reload-ended") this.#checkEnd(effect);
      if (effect.type === "reload-undone") this.#checkUndone(moment, effect.generation);
    }
    for (const id of takingReady(after)) {
      const generation = after.workers.get(id)?.generation;
      if (generation !== undefined) this.#hadClients.add(generation);
    }
    const [was, is] = [canaryOf(before)?.generation, canaryOf(after)?.generation];
    if (is !== undefined && is !== was) this.#canaryMs = nowMs;
    if (after.bake !== undefined && after.bake.standby !== before.bake?.standby) {
      this.#bakeMs = nowMs;
    }
    if (event.type === "verified" && event.problem === undefined) {
      this.#accepted.add(`${event.generation} ${event.stage}`);
    }
    if (event.type === "verified") this.#looked.delete(event.generation);
    for (const effect of effects) this.#follow(effect);
    this.#checkStandby(moment);
    if (event.type === "measured") this.#checkVerdict(moment, event);
    if (was !== undefined && after.serving === was) this.#checkPromotion(moment, was);
    if (before.bake !== undefined) this.#checkBake(moment, before.bake);
    if (after.stop.name === "none") this.#checkTimes(moment);
  }

  #follow(effect: Effect): void {
    switch (effect.type) {
      case "begin-comparison":
        if (this.#compared.has(effect.generation)) {
          this.fail(`generation ${effect.generation} is compared twice at a time`);
        }
        this.#compared.add(effect.generation);
        return;
      case "measure":
        if (this.#compared.has(effect.generation)) return;
        return this.fail(`generation ${effect.generation} is measured, and not compared`);
      case "end-comparison":
        if (this.#compared.delete(effect.generation)) return;
        return this.fail(`generation ${effect.generation} is compared no more, and never was`);
      case "verify":
        this.#looked.add(effect.generation);
        return;
      case "end-verify":
        this.#looked.delete(effect.generation);
        return;
      default:
    }
  }

  /** Workers in standby drain once, and not before the bake is over. */
  #checkStandby({ before, after, effects }: Moment): void {
    for (const effect of effects) {
      if (effect.type === "standby" && effect.isOn) this.#standby.add(effect.worker);
      if (effect.type === "standby" && !effect.isOn) this.#standby.delete(effect.worker);
      if (effect.type !== "drain" || after.stop.name !== "none") continue;
      // It has said what makes no sense.
      if (effect.reason === "recycle") this.#standby.delete(effect.worker);
      const { worker } = effect;
      if (this.#drained.has(worker)) this.fail(`worker ${worker} drains twice after its standby`);
      if (!this.#standby.delete(worker)) continue;
      this.#drained.add(worker);
      const generation = before.workers.get(worker)?.generation;
      if (after.bake !== undefined && after.bake.standby === generation) {
        this.fail(`worker ${worker} drains, and the bake is not over`);
      }
    }
    for (const id of this.#standby) {
      const name = after.workers.get(id)?.phase.name;
      const isGone = name === undefined || name === "exited" || name === "orphaned";
      if (isGone || name === "stopping" || after.stop.name !== "none") this.#standby.delete(id);
      else if (after.bake === undefined) this.fail(`worker ${id} is in standby, and nothing bakes`);
    }
  }

  /** What was measured as bad does not go on, unless there is nobody to go back to. */
  #checkVerdict({ before, after, world }: Moment, event: EventOf<"measured">): void {
    const { generation, comparison } = event;
    const { rollout: settings } = world.disk.of(generation).settings;
    const canary = canaryOf(before);
    const isCanary = canary?.generation === generation;
    const trial = isCanary ? canary.trial : before.bake?.trial;
    const isBaked = before.serving === generation && before.bake !== undefined;
    if (settings === undefined || trial === undefined || (!isCanary && !isBaked)) return;
    const measured = comparison ?? trial.comparison;
    const verdict = judge(settings, measured, trial.troubles);
    const stays = isCanary
      ? canaryOf(after)?.generation === generation || after.serving === generation
      : after.serving === generation;
    const isGone = after.rollout.name === "none" || after.rollout.generation !== generation;
    // One that has lost workers, and can get none, is too few to take over.
    const of = before.generations.get(generation);
    const isShort = isCanary && of !== undefined && !canGrow(of);
    // One whose workers all hang at the end of its trial is bad, too.
    const isStuckNow = isStuck(before, generation);
    const isLeft = isShort || isStuckNow;
    if (verdict.name !== "bad" && isGone && after.serving !== generation && !isLeft) {
      this.fail(`generation ${generation} goes, and was not measured as bad: ${verdict.words}`);
    }
    const isAlone = isCanary && servingReady(before).length === 0;
    if (verdict.name === "bad" && stays && !isAlone) {
      this.fail(`generation ${generation} stays, and was measured as bad: ${verdict.words}`);
    }
    const { quality } = world.disk.of(generation);
    // One that hangs is bad, whatever it answers.
    const hangs = (measured?.whole.fresh.progress?.stalledMs ?? 0) > 0;
    const isWell = quality === "good" && trial.troubles === 0 && !hangs;
    if (verdict.name === "bad" && isWell) {
      this.fail(`generation ${generation} is good, and was measured as bad: ${verdict.words}`);
    }
    if (verdict.name !== "bad" && comparison !== undefined && trial.troubles === 0) {
      const { fresh, old } = comparison.whole;
      const isClear = old.errors === 0 && fresh.errors > 0.4 * fresh.requests;
      if (isClear && fresh.requests >= Math.max(FEW, settings.minRequests)) {
        this.fail(`generation ${generation} fails in ${fresh.errors} of ${fresh.requests}`);
      }
    }
  }

  /** A canary is promoted after its time, and after the command has said yes twice. */
  #checkPromotion({ nowMs, before, after, world }: Moment, generation: number): void {
    const settings = world.disk.of(generation).settings.rollout;
    if (settings === undefined) return this.fail(`generation ${generation} has no canary`);
    // There are no shares any more.
    if (!isSteered(after)) return;
    // Nobody else is left.
    if (isDeserted(before) || servingReady(before).length === 0) return;
    const shortMs = this.#canaryMs + settings.canaryMs - nowMs;
    if (shortMs > 0) this.fail(`a canary is promoted ${shortMs} ms too early`);
    for (const stage of settings.hasVerify ? ["ready", "canary"] : []) {
      if (this.#accepted.has(`${generation} ${stage}`)) continue;
      this.fail(`generation ${generation} is promoted, and nobody has accepted it (${stage})`);
    }
  }

  /** At the end of a bake either those in standby drain, or they serve again. */
  #checkBake(moment: Moment, { standby }: NonNullable<State["bake"]>): void {
    const { before, after, effects } = moment;
    if (after.bake?.standby === standby) return;
    const waiting = [...before.workers.values()].filter(
      ({ generation, phase }) => generation === standby && phase.name === "standby",
    );
    const isBack = after.serving === standby;
    if (after.stop.name !== "none") return;
    for (const { id } of waiting) {
      const name = after.workers.get(id)?.phase.name;
      if (isBack && name === "ready") continue;
      // On the way back one may be surplus, which waited until each wanted slot had a worker.
      const drain = effects.filter((it) => it.type === "drain").find((it) => it.worker === id);
      if (drain !== undefined && (!isBack || drain.reason === "stop")) continue;
      if (name === "exited" || name === undefined || name === "stopping") continue;
      this.fail(`the bake is over, and worker ${id}, which was in standby, is ${name}`);
    }
    if (!isBack) return;
    const served = new Set(
      [...after.workers.values()]
        .filter(({ generation, phase }) => generation === standby && phase.name === "ready")
        .map(({ slot }) => slot),
    );
    // One may have been worn before.
    const isWorn = begunIn(effects).length > 0;
    for (const effect of isWorn ? [] : effects) {
      if (effect.type === "spawn" && effect.generation === standby && served.has(effect.slot)) {
        this.fail(`worker ${effect.worker} is spawned, and its slot was in standby`);
      }
    }
  }

  /** What had clients is rolled back; what had none is rejected. A good one goes for a reason. */
  #checkEnd({ generation, outcome }: EffectOf<"reload-ended">): void {
    if (outcome === "rejected" && this.#hadClients.has(generation)) {
      this.fail(`it is ${outcome}, and had clients`);
    }
  }

  #checkUndone({ after }: Moment, generation: number): void {
    if (!this.#hadClients.has(generation)) this.fail("it is rolled back, and had no clients");
    if (after.serving === generation) this.fail("it is rolled back, and serves");
  }

  #checkTimes({ nowMs, after, world }: Moment): void {
    const canary = canaryOf(after);
    if (canary !== undefined) {
      const { settings } = world.disk.of(canary.generation);
      const { canaryMs = 0, hasVerify = false, verifyTimeoutMs = 0 } = settings.rollout ?? {};
      const verifyMs = hasVerify ? canaryMs / 2 + verifyTimeoutMs : 0;
      const ready = [...after.workers.values()].filter(
        ({ generation, phase }) => generation === canary.generation && phase.name === "ready",
      );
      if (ready.length < settings.workers) this.#shortMs = nowMs;
      else if (!isSteered(after)) this.fail("a canary goes on, and nothing gives it its share");
      const endMs = this.#canaryMs + Math.max(canaryMs, verifyMs);
      const againMs = this.#shortMs + (hasVerify ? verifyTimeoutMs : 0);
      const lateMs = nowMs - Math.max(endMs, againMs) - waitsMs(canary.trial);
      if (lateMs > LATE_MS && servingReady(after).length > 0) {
        this.fail(`a canary is ${lateMs} ms late`);
      }
    }
    if (after.bake === undefined || after.serving === undefined) return;
    const { bakeMs = 0 } = world.disk.of(after.serving).settings.rollout ?? {};
    const lateMs = nowMs - this.#bakeMs - bakeMs - waitsMs(after.bake.trial);
    if (lateMs > LATE_MS) this.fail(`a bake is ${lateMs} ms late`);
  }

  override performed({ after, world }: Moment): void {
    if (!hasServer(after) || !isSteeredIn(world, after) || world.isShared) return;
    const canary = canaryOf(after);
    for (const address of world.kernel.addresses()) {
      const group = after.groups.get(address);
      if (group?.diversion === "in-force") continue;
      if (canary === undefined) this.#checkNoShare(world, after, address);
      else this.#checkShare(world, after, address, canary);
    }
  }

  /** Unless it replaces the old one a few at a time, a new generation gets nothing yet. */
  #checkNoShare(world: World, state: State, address: string): void {
    const { rollout } = state;
    if (rollout.name === "none" || servingReady(state).length === 0) return;
    const isRolling = "rolling" in rollout && rollout.rolling?.isVerified === true;
    if (isRolling) return;
    const owners = world.kernel.owners(address);
    if (!servingReady(state).some((id) => owners.includes(id))) return;
    for (const [id] of world.kernel.shares(address)) {
      if (state.workers.get(id)?.generation !== rollout.generation) continue;
      this.fail(`worker ${id} gets connections to ${address}, and does not serve yet`);
    }
  }

  /** Wherever both have workers with room, each has its share. */
  #checkShare(
    world: World,
    state: State,
    address: string,
    { generation, share }: NonNullable<ReturnType<typeof canaryOf>>,
  ): void {
    const owners = world.kernel.owners(address);
    const taking = awakeOf(
      state,
      takingReady(state).filter((id) => owners.includes(id)),
    );
    const roomOf = (number: number | undefined): number[] =>
      taking.filter((id) => {
        const worker = state.workers.get(id);
        return worker?.generation === number && worker?.isFull !== true;
      });
    const [fresh, old] = [roomOf(generation), roomOf(state.serving)];
    if (fresh.length === 0 || old.length === 0) return;
    // One of which nobody gets on has no share, also where clients stay with their workers.
    const getsOn = (id: number): boolean => state.workers.get(id)?.isStalled !== true;
    if (!fresh.some(getsOn) && old.some(getsOn)) return;
    const shares = world.kernel.shares(address);
    const isByClient = state.settings.affinity === "client";
    const parts = [
      { ids: fresh, wanted: share },
      { ids: old, wanted: 1 - share },
    ];
    for (const { ids, wanted } of parts) {
      const each = ids.map((id) => shares.get(id) ?? 0);
      const sum = each.reduce((total, it) => total + it, 0);
      const isEqual = isByClient || each.every((it) => Math.abs(it - sum / ids.length) < EXACT);
      if (Math.abs(sum - wanted) < EXACT && isEqual) continue;
      this.fail(`[${ids}] get ${each.join(" + ")} of ${address}, not ${wanted}`);
    }
  }

  override calm(world: World): void {
    this.#checkNothingLeft(world);
  }

  override ended(world: World): void {
    this.#checkNothingLeft(world);
  }

  #checkNothingLeft({ looking }: World): void {
    if (this.#compared.size > 0) this.fail(`[${[...this.#compared]}] are compared for ever`);
    if (this.#looked.size > 0) this.fail(`nobody has said yes or no to [${[...this.#looked]}]`);
    if (looking.size > 0) this.fail(`${looking.size} commands look at nothing`);
  }
}

/** Nobody of the generation that serves is left, and nobody can be started. */
function isDeserted(state: State): boolean {
  const serving = state.serving === undefined ? undefined : state.generations.get(state.serving);
  return serving !== undefined && !canGrow(serving);
}
