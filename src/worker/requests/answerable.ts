// Answers that pounce can give in place of the app, through Bun. Bun holds the promise that a
// handler has returned, and only the app can settle that. So where such an answer may be needed,
// for `request_timeout`, and where nothing can be written past Bun, as over TLS, Bun is given a
// promise of ours, which follows the app's.

const ANSWER: unique symbol = Symbol("answer");

type Answer = (response: unknown) => void;

/**
 * A promise that `answerInstead` can settle before it is settled by `follow`, which gets what does
 * that.
 */
export function answerableBy<T>(follow: (answer: Answer) => void): Promise<T> {
  let answer: Answer | undefined;
  const ours = new Promise<T>((resolve) => {
    answer = resolve as Answer;
  });
  (ours as { [ANSWER]?: Answer | undefined })[ANSWER] = answer;
  follow(answer as unknown as Answer);
  return ours;
}

/** A promise of the same answer, if `answerInstead` cannot settle it. */
export function answerable<T>(result: Promise<T>): Promise<T> {
  if (ANSWER in result) return result;
  return answerableBy(
    (answer) => void result.then(answer, (error) => answer(Promise.reject(error))),
  );
}

/** @returns whether `result` is such a promise, which has this answer now unless it had one */
export function answerInstead(result: unknown, response: Response | Promise<Response>): boolean {
  if (!(result instanceof Promise)) return false;
  const answer = (result as { [ANSWER]?: Answer | undefined })[ANSWER];
  answer?.(response);
  return answer !== undefined;
}
