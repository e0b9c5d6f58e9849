// What all rounds together say about one subject.
import { type Estimate, estimate, median } from "../statistics.ts";
import type { Losses, Sample } from "./sample.ts";

export interface Outcome {
  readonly name: string;
  readonly version: string;
  readonly requestsPerSecond: Estimate;
  readonly cpuMicros: Estimate;
  readonly busy: Estimate;
  readonly p99Ms: Estimate;
  readonly memoryMb: Estimate;
  readonly startMs: Estimate;
  /** What follows is absent where the server cannot reload. */
  readonly newAnswerMs?: Estimate;
  readonly anew?: Losses;
  readonly kept?: Losses;
}

/** Throws if there is no sample. */
export function outcomeOf(
  subject: { readonly name: string; readonly version: string },
  samples: readonly Sample[],
): Outcome {
  if (samples.length === 0) throw new Error(`${subject.name} was not measured`);
  const of = (figure: (sample: Sample) => number): Estimate => estimate(samples.map(figure));
  // Several values of one round say no more than the round.
  const ofAll = (values: readonly number[]): Estimate =>
    estimate(samples.length === 1 ? [median(values)] : values);
  const newAnswers = samples.flatMap((sample) => sample.newAnswerMs);
  const anew = total(samples.flatMap((sample) => sample.anew ?? []));
  const kept = total(samples.flatMap((sample) => sample.kept ?? []));
  return {
    name: subject.name,
    version: subject.version,
    requestsPerSecond: of((sample) => sample.requestsPerSecond),
    cpuMicros: of((sample) => sample.cpuMicrosPerRequest),
    busy: of((sample) => sample.busy),
    p99Ms: of((sample) => sample.p99Ms),
    memoryMb: of((sample) => sample.memoryMb),
    startMs: ofAll(samples.flatMap((sample) => sample.startMs)),
    ...(newAnswers.length > 0 ? { newAnswerMs: ofAll(newAnswers) } : {}),
    ...(anew === undefined ? {} : { anew }),
    ...(kept === undefined ? {} : { kept }),
  };
}

function total(all: readonly Losses[]): Losses | undefined {
  if (all.length === 0) return undefined;
  const sum = (key: keyof Losses): number => all.reduce((before, it) => before + it[key], 0);
  return {
    reloads: sum("reloads"),
    unfinished: sum("unfinished"),
    answered: sum("answered"),
    lost: sum("lost"),
  };
}
