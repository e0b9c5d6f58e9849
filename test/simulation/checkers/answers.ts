// Every command is answered once, and its answer is true: the version that was on the disk when a
// reload was requested is served, the old one has gone, the given number of workers serve, the time
// is over, the server has stopped. And no command is refused without a reason.

import type { Answer } from "../../../src/core/effects.ts";
import type { RequestEvent } from "../../../src/core/events.ts";
import {
  canGrow,
  hasHandedOver,
  hasServer,
  isBusyHandingOver,
} from "../../../src/core/predicates.ts";
import { MAX_WORKERS } from "../../../src/core/rules/scale.ts";
import type { State } from "../../../src/core/state.ts";
import { Checker, type Moment, servingReady } from "./checker.ts";

/** A timer may be late, but never this late. */
const LATE_MS = 2000;
/** After this many crashes a scaling is reported as failed. */
const MANY_CRASHES = 2;

interface Asked {
  readonly event: RequestEvent;
  readonly atMs: number;
  readonly before: State;
  /** On the disk. */
  readonly version: number;
}

export class AnswersChecker extends Checker {
  readonly name = "answers";
  readonly #open = new Map<number, Asked>();
  /** The generation that each one has replaced. */
  readonly #replaced = new Map<number, number | undefined>();

  override decided(moment: Moment): void {
    const { event, before, after, effects, nowMs, world } = moment;
    const isBack = after.serving === before.bake?.standby;
    if (after.serving !== undefined && after.serving !== before.serving && !isBack) {
      this.#replaced.set(after.serving, before.serving);
    }
    // The predecessor has died, and its clients see that it is gone.
    if (event.type === "predecessor-ended" && !hasServer(before)) this.#open.clear();
    if ("id" in event && event.id !== undefined) {
      const version = world.disk.written.number;
      this.#open.set(event.id, { event, atMs: nowMs, before, version });
    }
    for (const effect of effects) {
      if (effect.type !== "answer") continue;
      const asked = this.#open.get(effect.id);
      if (asked === undefined) this.fail(`command ${effect.id} is answered, and does not wait`);
      this.#open.delete(effect.id);
      if (effect.ok) this.#checkYes(moment, asked, effect);
      else this.#checkNo(moment, asked, effect);
    }
  }

  override calm(): void {
    this.#checkNobodyWaits();
  }

  override ended(): void {
    this.#checkNobodyWaits();
  }

  #checkNobodyWaits(): void {
    const waiting = [...this.#open.values()].map(({ event }) => event.type);
    if (waiting.length > 0) this.fail(`nothing is left to happen, and [${waiting}] have no answer`);
  }

  #checkYes(moment: Moment, asked: Asked, answer: Answer & { readonly ok: true }): void {
    const { after, nowMs } = moment;
    const { event, atMs } = asked;
    switch (event.type) {
      case "reload-requested":
        return this.#checkReloaded(moment, asked, answer);
      case "scale-requested": {
        const ready = servingReady(after).length;
        if (ready !== answer.workers) {
          this.fail(`it is told that ${answer.workers} workers serve, and ${ready} do`);
        }
        return;
      }
      case "drain-requested": {
        const lateMs = nowMs - atMs - event.forMs;
        if (lateMs < 0 || lateMs > LATE_MS) this.fail(`a drain ends ${lateMs} ms late`);
        return;
      }
      case "rollback-requested":
        return this.#checkRolledBack(moment, answer);
      case "stop-requested":
        if (!after.exited) this.fail("the server is said to have stopped, and has not");
        return;
      default:
        event satisfies never;
    }
  }

  /** The old generation serves: in a canary it never was away. */
  #checkRolledBack({ before, after }: Moment, { generation }: Answer): void {
    const back = before.bake?.standby ?? before.serving;
    const isTried = before.bake !== undefined || before.rollout.name === "canary";
    if (!isTried) this.fail("a rollback gets yes, and there was nothing to go back from");
    if (after.serving !== generation || (generation !== back && back !== undefined)) {
      this.fail(`generation ${generation} is said to serve, and ${after.serving} does`);
    }
    if (after.rollout.name === "canary") this.fail("a canary has outlived a rollback");
  }

  #checkReloaded({ after, world }: Moment, asked: Asked, answer: Answer): void {
    const { generation = -1 } = answer;
    const { serving = -1 } = after;
    if (!this.#replaced.has(generation)) this.fail(`generation ${generation} has never served`);
    const { number } = world.disk.of(serving);
    if (number < asked.version) {
      this.fail(`version ${number} serves, and ${asked.version} was there to be reloaded`);
    }
    const isSteered = asked.event.type === "reload-requested" && asked.event.until === "steered";
    const old = this.#replaced.get(generation);
    const left = [...after.workers.values()].filter(
      (worker) => worker.generation === old && worker.phase.name !== "exited",
    );
    if (!isSteered && left.length > 0) {
      this.fail(`a reload is said to have ended, and generation ${old} has workers`);
    }
  }

  #checkNo(moment: Moment, asked: Asked, answer: Answer & { readonly ok: false }): void {
    const { after, effects } = moment;
    const isOver = after.exited || hasHandedOver(after);
    const { event } = asked;
    switch (event.type) {
      case "reload-requested": {
        const isRejected = effects.some(
          (effect) =>
            (effect.type === "reload-ended" ||
              (effect.type === "reload-undone" && event.until === "steered")) &&
            effect.generation === answer.generation &&
            effect.reason === answer.reason,
        );
        const cannotBegin = isOver || after.stop.name !== "none";
        if (!isRejected && !cannotBegin) {
          this.fail(`a reload gets no for nothing: ${answer.reason}`);
        }
        return;
      }
      case "scale-requested":
        this.#checkUndone(moment, asked);
        if (isOver || this.#isInTheWay(moment, asked)) return;
        this.fail(`a scaling gets no for nothing: ${answer.reason}`);
        return;
      case "rollback-requested": {
        const { bake, rollout, stop } = asked.before;
        const isPossible = bake !== undefined || rollout.name === "canary";
        if (isPossible && stop.name === "none" && !isOver) {
          this.fail(`a rollback gets no for nothing: ${answer.reason}`);
        }
        return;
      }
      case "drain-requested":
      case "stop-requested":
        if (!isOver) this.fail(`a ${event.type} gets no while the server is there`);
        return;
      default:
        event satisfies never;
    }
  }

  /** What is refused because of files is not done later, when they are as before. */
  #checkUndone({ after }: Moment, { before }: Asked): void {
    const { serving } = after;
    if (mayGrow(after) || serving === undefined || serving !== before.serving) return;
    if (after.rollout.name !== "none" || before.rollout.name !== "none") return;
    const [had, has] = [before, after].map(({ generations }) => generations.get(serving)?.target);
    if ((has ?? 0) > (had ?? 0)) this.fail(`a scaling gets no, and ${has} workers are wanted`);
  }

  /** Whether something can be in the way of a scaling. */
  #isInTheWay({ before, after, nowMs, world }: Moment, asked: Asked): boolean {
    const { event, atMs } = asked;
    if (event.type !== "scale-requested") return false;
    const cannotBe = (state: State): boolean =>
      state.stop.name !== "none" ||
      state.serving === undefined ||
      state.serving !== asked.before.serving ||
      state.rollout.name !== "none" ||
      isBusyHandingOver(state) ||
      !mayGrow(state);
    const crashes = after.respawn.crashesMs.filter((crashMs) => crashMs >= atMs).length;
    const { startupTimeoutMs } = after.settings;
    const hasTakenLong = nowMs >= atMs + 2 * startupTimeoutMs;
    const isTooMany = cannotHave(event.to, asked.before, world.solo);
    return (
      cannotBe(before) || cannotBe(after) || crashes >= MANY_CRASHES || hasTakenLong || isTooMany
    );
  }
}

/** What is on the disk is what the serving generation was loaded from. */
function mayGrow({ generations, serving }: State): boolean {
  const generation = serving === undefined ? undefined : generations.get(serving);
  return generation === undefined || canGrow(generation);
}

/** Whether that many workers are impossible. */
function cannotHave(
  to: number | "one-more" | "one-fewer",
  { generations, serving }: State,
  isSolo: boolean,
): boolean {
  const now = serving === undefined ? 0 : (generations.get(serving)?.target ?? 0);
  const steps = { "one-more": now + 1, "one-fewer": now - 1 };
  const target = typeof to === "number" ? to : steps[to];
  return target < 1 || target > MAX_WORKERS || (isSolo && target !== 1);
}
