// All rounds: each measures every subject, in an order that rotates. A server that fails is left
// out from then on, and what it said is kept.
import { isEnding } from "../child.ts";
import { type Bench, note } from "../measure.ts";
import { messageOf } from "../../../src/errors/message-of.ts";
import { OURS } from "./report.ts";
import { measureSubject } from "./round.ts";
import type { Sample } from "./sample.ts";
import type { Subject } from "./subject.ts";

export interface Rounds {
  readonly samples: ReadonlyMap<Subject, readonly Sample[]>;
  /** Why a subject has no samples, in a few words. */
  readonly failures: readonly string[];
}

/** Throws if pounce itself fails, or all is ended by a signal. */
export async function measureRounds(
  { progress }: Bench,
  subjects: readonly Subject[],
  rounds: number,
  seconds: number,
): Promise<Rounds> {
  const samples = new Map(subjects.map((subject) => [subject, [] as Sample[]]));
  const failures: string[] = [];
  for (let number = 0; number < rounds; number += 1) {
    progress.round(number, rounds);
    const left = [...samples.keys()];
    const first = number % left.length;
    for (const subject of [...left.slice(first), ...left.slice(0, first)]) {
      try {
        samples.get(subject)?.push(await measureSubject(subject, seconds));
      } catch (error) {
        if (subject.name === OURS || isEnding()) throw error;
        failures.push(`${subject.name} failed`);
        note(`${subject.name} is left out: ${messageOf(error)}`);
        samples.delete(subject);
      }
    }
  }
  return { samples, failures };
}
