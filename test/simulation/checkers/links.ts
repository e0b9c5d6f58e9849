// Each pair of workers of a master has one link, if one of them has a use for it, as long as both
// serve or finish what they have; and no worker of another master has any.

import { wantsLinks } from "../../../src/core/settings.ts";
import type { State, Worker } from "../../../src/core/state.ts";
import type { MasterProcess } from "../world/master-process.ts";
import { Checker, type Moment } from "./checker.ts";

export class LinksChecker extends Checker {
  readonly name = "links";
  override readonly watchesSuccessor = true;
  /** As `3-7`, the lower number first. */
  readonly #pairs = new WeakMap<MasterProcess, Set<string>>();

  override decided({ process, effects, after }: Moment): void {
    const pairs = this.#pairs.get(process) ?? new Set();
    this.#pairs.set(process, pairs);
    for (const effect of effects) {
      if (effect.type !== "link") continue;
      for (const peer of effect.peers) this.#note(pairs, after, effect.worker, peer);
    }
    const there = [...after.workers.values()].filter((worker) => isThere(after, worker));
    for (const worker of there) {
      if (worker.phase.name !== "ready" || !wants(after, worker)) continue;
      for (const { id } of there) {
        const pair = nameOf(worker.id, id);
        if (id !== worker.id && !pairs.has(pair)) this.fail(`no link was made for ${pair}`);
      }
    }
  }

  #note(pairs: Set<string>, state: State, worker: number, peer: number): void {
    const pair = nameOf(worker, peer);
    if (pairs.has(pair)) this.fail(`a second link for ${pair}`);
    pairs.add(pair);
    for (const id of [worker, peer]) {
      const it = state.workers.get(id);
      if (it !== undefined && isForeign(state, it)) this.fail(`a link for the foreign ${id}`);
    }
  }
}

function nameOf(left: number, right: number): string {
  return `${Math.min(left, right)}-${Math.max(left, right)}`;
}

function isForeign({ generations }: State, { generation }: Worker): boolean {
  return generations.get(generation)?.isForeign === true;
}

function wants({ generations }: State, { generation }: Worker): boolean {
  return wantsLinks(generations.get(generation)?.settings.websocket);
}

function isThere(state: State, worker: Worker): boolean {
  const { phase } = worker;
  const hasServed = phase.name === "draining" && phase.hasServed === true;
  const serves = phase.name === "ready" || phase.name === "standby";
  return (serves || hasServed) && !isForeign(state, worker);
}
