// Masters that make a mistake about links between workers.

import { step } from "../../src/core/step.ts";
import type { StepFunction } from "./bench.ts";
import { after, replacing, without } from "./broken-step.ts";
import { LinksChecker } from "./checkers/links.ts";
import type { Mistake } from "./mistake.ts";

/** Those of the other master as well. */
const linksAll: StepFunction = (state, event, nowMs) => {
  const given = step(state, event, nowMs);
  const { generations, workers } = given.state;
  const foreign = [...workers.values()]
    .filter(({ generation }) => generations.get(generation)?.isForeign === true)
    .map(({ id }) => id);
  const effects = given.effects.map((effect) =>
    effect.type === "link" ? { ...effect, peers: [...effect.peers, ...foreign] } : effect,
  );
  return { ...given, effects };
};

const checker = (): LinksChecker => new LinksChecker();

/** By what is wrong with each. */
export const linkMistakes: Readonly<Record<string, Mistake>> = {
  "pair of workers without a link": {
    checker,
    step: without(({ type }) => type === "link"),
  },
  "worker that is linked with one other one alone": {
    checker,
    step: replacing((effect) =>
      effect.type === "link" ? { ...effect, peers: effect.peers.slice(0, 1) } : effect,
    ),
  },
  "pair of workers with two links": {
    checker,
    step: after(({ state }) => {
      const workers = new Map(state.workers);
      for (const worker of workers.values()) {
        const { isLinked, ...rest } = worker;
        if (isLinked === true) workers.set(worker.id, rest);
      }
      return { state: { ...state, workers } };
    }),
  },
  "link with a worker of another master": {
    checker,
    step: linksAll,
  },
};
