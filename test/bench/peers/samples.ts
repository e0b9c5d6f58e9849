// Samples of servers that are compared, as tests need them: alike but for what they give.
import type { Losses, Sample } from "../../../scripts/bench/peers/sample.ts";
import { type Outcome, outcomeOf } from "../../../scripts/bench/peers/outcome.ts";

export function losses(lost: number, unfinished = 0): Losses {
  return { reloads: 3, unfinished, answered: 1_000 - lost, lost };
}

export function sample(given: Partial<Sample> = {}): Sample {
  return {
    requestsPerSecond: 100_000,
    cpuMicrosPerRequest: 10,
    busy: 1,
    p99Ms: 2,
    memoryMb: 50,
    startMs: [40, 42, 44],
    newAnswerMs: [60, 62, 64],
    anew: losses(0),
    kept: losses(0),
    ...given,
  };
}

export function outcome(name: string, ...given: readonly Partial<Sample>[]): Outcome {
  const samples = given.length === 0 ? [sample()] : given.map(sample);
  return outcomeOf({ name, version: `${name} 1.2.3` }, samples);
}

/** Two rounds that are alike: one alone says nothing of how far it can be trusted. */
export function twice(name: string, given: Partial<Sample> = {}): Outcome {
  return outcome(name, given, given);
}

/** What a server that cannot reload has. */
export function fixed(name: string): Outcome {
  const { anew: _anew, kept: _kept, ...rest } = sample({ newAnswerMs: [] });
  return outcomeOf({ name, version: `${name} 1.2.3` }, [rest]);
}
