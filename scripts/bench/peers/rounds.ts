// All rounds: each measures every subject, in an order that rotates. A server that fails is left
// out of that round.
import { isEnding } from "../child.ts";
import { rotated } from "../goals/subjects.ts";
import { type Bench, note } from "../measure.ts";
import { messageOf } from "../../../src/errors/message-of.ts";
import { OURS } from "./report.ts";
import { measureSubject } from "./round.ts";
import type { Sample } from "./sample.ts";
import type { Subject } from "./subject.ts";

export interface Rounds {
  /** Of the subjects that have some. */
  readonly samples: ReadonlyMap<Subject, readonly Sample[]>;
  /** Which subjects lack samples, and why. */
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
  for (let number = 0; number < rounds; number += 1) {
    for (const [index, subject] of rotated(subjects, number).entries()) {
      const share = (number + index / subjects.length) / rounds;
      progress.step(`round ${number + 1} of ${rounds}: ${subject.name}`, share);
      try {
        samples.get(subject)?.push(await measureSubject(subject, seconds));
      } catch (error) {
        if (subject.name === OURS || isEnding()) throw error;
        note(`${subject.name} is left out of this round: ${messageOf(error)}`);
      }
    }
  }
  const failures = [...samples].flatMap(([{ name }, some]) => {
    const failed = rounds - some.length;
    return failed > 0 ? [`${name} failed in ${failed} of ${rounds} rounds`] : [];
  });
  return { samples: new Map([...samples].filter(([, some]) => some.length > 0)), failures };
}
