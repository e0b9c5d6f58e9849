// Answers that pounce can give in place of the app, through Bun. Bun holds the promise that a
// handler has returned, and only the app can settle that. So where nothing can be written past Bun,
// as over TLS, Bun is given a promise of ours, which follows the app's.

const ANSWER: unique symbol = Symbol("answer");

type Answer = (response: Response) => void;

/** A promise of the same answer, which `answerInstead` can settle first. */
export function answerable<T>(result: Promise<T>): Promise<T> {
  let answer: Answer | undefined;
  const ours = new Promise<T>((resolve, reject) => {
    answer = resolve as Answer;
    result.then(resolve, reject);
  });
  (ours as { [ANSWER]?: Answer | undefined })[ANSWER] = answer;
  return ours;
}

/** @returns whether `result` is such a promise, which has this answer now unless it had one */
export function answerInstead(result: unknown, response: Response): boolean {
  if (!(result instanceof Promise)) return false;
  const answer = (result as { [ANSWER]?: Answer | undefined })[ANSWER];
  answer?.(response);
  return answer !== undefined;
}
