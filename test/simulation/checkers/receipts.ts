// Every reload that has started gets one receipt, at its end, and the receipt is true: the outcome,
// the times, and what the workers of the replaced generation have served, closed and cut off in the
// meantime.

import type { Effect, EffectOf } from "../../../src/core/effects.ts";
import type { State } from "../../../src/core/state.ts";
import type { World } from "../world/world.ts";
import { Checker, type Entry, type Moment } from "./checker.ts";

type Ended = EffectOf<"reload-ended">;

interface Account {
  /** The generation that serves until then, or again. */
  replaces: number | undefined;
  readonly beganMs: number;
  steeredMs: number | undefined;
  /** The end of its bake. */
  bakedMs: number | undefined;
  /** When it was rolled back. */
  undoneMs: number | undefined;
  /** When its first worker was spawned. */
  spawnedMs: number | undefined;
  /** When the first worker began to drain for it. */
  drainsMs: number | undefined;
  /** The workers that drain for it. */
  readonly drains: Set<number>;
  /** What each worker has served since it was asked to drain. */
  readonly served: Map<number, number>;
  idleClosed: number;
  forcedConnections: number;
  forcedRequests: number;
}

/** The content of a receipt, as the log entry has it. */
interface Said {
  readonly generation: number;
  readonly outcome: string;
  readonly reason: string | null;
  readonly workers: number;
  readonly ready_ms: number | null;
  readonly drain_ms: number | null;
  readonly requests: { readonly served_while_draining: number; readonly forced: number };
  readonly connections: { readonly idle_closed: number; readonly forced: number };
}

export class ReceiptsChecker extends Checker {
  readonly name = "receipts";
  override readonly watchesSuccessor = true;
  /** By the process of the master, then by generation. */
  readonly #accounts = new Map<number, Map<number, Account>>();
  /** The end of a reload that is being performed. */
  #ending: Ended | undefined;

  override decided({ event, process, world }: Moment): void {
    if (event.type !== "worker-idle" && event.type !== "worker-forced") return;
    const { farewells } = world.worker(event.worker);
    const accounts = [...this.#of(process.pid).values()];
    const account = accounts.find(({ drains }) => drains.has(event.worker));
    const { idle, forced } = farewells;
    const farewell = event.type === "worker-idle" ? idle : forced;
    if (account === undefined || farewell === undefined) return;
    account.served.set(event.worker, farewell.served);
    if (farewell.type === "idle") return;
    const { unfinished, connections = 0, requests } = farewell;
    account.idleClosed += unfinished.connections - connections;
    account.forcedConnections += connections;
    account.forcedRequests += requests.length;
  }

  override performing({ nowMs, process, after, world }: Moment, effect: Effect): void {
    this.#checkTold();
    if (effect.type === "reload-ended") {
      if (this.#of(process.pid).has(effect.generation)) this.#ending = effect;
    }
    if (effect.type === "reload-steered" || effect.type === "end-comparison") {
      const account = this.#of(process.pid).get(effect.generation);
      if (effect.type === "reload-steered" && account !== undefined) account.steeredMs = nowMs;
      else if (account?.steeredMs !== undefined) account.bakedMs = nowMs;
    }
    if (effect.type === "drain") this.#noteDrain(process.pid, effect, world);
    const spawning = effect.type === "spawn" && this.#of(process.pid).get(effect.generation);
    if (spawning) spawning.spawnedMs ??= nowMs;
    if (effect.type === "reload-undone") this.#undo(process.pid, effect.generation, nowMs);
    if (effect.type !== "reload-began") return;
    this.#of(process.pid).set(effect.generation, {
      replaces: after.serving,
      spawnedMs: undefined,
      drainsMs: undefined,
      drains: new Set(),
      beganMs: nowMs,
      steeredMs: undefined,
      bakedMs: undefined,
      undoneMs: undefined,
      served: new Map(),
      idleClosed: 0,
      forcedConnections: 0,
      forcedRequests: 0,
    });
  }

  /** A worker drains for the reload that replaces its generation, or that has made it. */
  #noteDrain(pid: number, { worker, reason }: EffectOf<"drain">, world: World): void {
    const { generation } = world.worker(worker);
    const accounts = this.#of(pid);
    if (reason === "rollback") accounts.get(generation)?.drains.add(worker);
    if (reason !== "reload") return;
    for (const account of accounts.values()) {
      if (account.replaces !== generation || account.undoneMs !== undefined) continue;
      account.drains.add(worker);
      account.drainsMs ??= world.nowMs;
    }
  }

  /** A reload that has begun since replaces what serves again. */
  #undo(pid: number, generation: number, nowMs: number): void {
    const undone = this.#of(pid).get(generation);
    if (undone === undefined) return;
    undone.undoneMs = nowMs;
    for (const account of this.#of(pid).values()) {
      if (account.replaces === generation) account.replaces = undone.replaces;
    }
  }

  override performed(): void {
    this.#checkTold();
  }

  #checkTold(): void {
    if (this.#ending === undefined) return;
    this.fail(`the reload to generation ${this.#ending.generation} has ended, without a receipt`);
  }

  override logged(world: World, _state: State, { event, fields, process }: Entry): void {
    if (event !== "receipt") return;
    const said = fields as unknown as Said;
    const { generation } = said;
    const ended = this.#ending;
    const account = this.#of(process.pid).get(generation);
    if (ended?.generation !== generation || account === undefined) {
      this.fail(`there is a receipt for generation ${generation}, whose reload has not ended`);
    }
    this.#ending = undefined;
    this.#of(process.pid).delete(generation);
    this.#compare("outcome", said.outcome, ended.outcome);
    this.#compare("reason", said.reason, ended.reason ?? null);
    const served = [...account.served.values()].reduce((sum, each) => sum + each, 0);
    this.#compare("served", said.requests.served_while_draining, served);
    this.#compare("forced requests", said.requests.forced, account.forcedRequests);
    this.#compare("closed connections", said.connections.idle_closed, account.idleClosed);
    this.#compare("forced connections", said.connections.forced, account.forcedConnections);
    const { beganMs, steeredMs = beganMs, bakedMs = steeredMs } = account;
    const { drainsMs = Infinity, spawnedMs = 0 } = account;
    // The bake belongs to neither.
    if (said.outcome === "completed" && drainsMs < spawnedMs) {
      // The old generation has gone before the new one was started.
      this.#compare("ready", said.ready_ms, steeredMs - beganMs);
      this.#compare("drain", said.drain_ms, spawnedMs - drainsMs);
    } else if (account.undoneMs === undefined) {
      this.#checkTimes(said, world.nowMs - beganMs - (bakedMs - steeredMs));
    } else {
      this.#compare("drain", said.drain_ms, world.nowMs - account.undoneMs);
    }
    if (said.outcome === "completed" && said.workers < 1) this.fail("it completed with no worker");
  }

  #checkTimes({ outcome, ready_ms: readyMs, drain_ms: drainMs }: Said, tookMs: number): void {
    if (readyMs === null || drainMs === null) {
      if (outcome === "completed") this.fail("it completed, and was never ready");
      return;
    }
    if (readyMs < 0 || drainMs < 0) this.fail(`it took ${readyMs} ms and ${drainMs} ms`);
    this.#compare("time", readyMs + drainMs, tookMs);
  }

  #compare(what: string, said: unknown, real: unknown): void {
    if (said !== real) {
      this.fail(`${what}: the receipt says ${String(said)}, it is ${String(real)}`);
    }
  }

  #of(pid: number): Map<number, Account> {
    const accounts = this.#accounts.get(pid) ?? new Map<number, Account>();
    this.#accounts.set(pid, accounts);
    return accounts;
  }
}
