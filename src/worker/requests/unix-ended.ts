// Which requests on a Unix socket have ended. Of such a request Bun does not tell where it comes
// from, and so neither whether it has ended (see in-flight.ts). But it tells how many there are.
//
// If more are known than there are, as many as are too many have ended. A handler that has not
// answered yet is one of those that have not; among the others a stream takes longest.
import { isResponse } from "../http/native.ts";
import { isStream } from "../http/response-body.ts";

/** Read once: reading other functions of `Bun` for the first time changes what `Bun` looks like. */
const { peek } = Bun;

/**
 * @param results what the handlers of all known requests have returned, in the order in which they
 *   came
 * @param surplus how many of these have ended
 * @returns whether one has; to be asked in the same order
 */
export function endedOnUnix(
  results: readonly unknown[],
  surplus: number,
): (result: unknown) => boolean {
  let answered = 0;
  for (const result of results) if (isAnswered(result)) answered++;
  if (answered <= surplus) return isAnswered;
  if (surplus <= 0) return () => false;
  const isStreamed = new Map(
    results.filter(isAnswered).map((result) => [result, isAnsweredByStream(result)]),
  );
  // One result may be that of many requests.
  const count = results.filter((result) => isStreamed.get(result) === false).length;
  let others = Math.min(surplus, count);
  let streams = surplus - others;
  return (result) => {
    const isOfStream = isStreamed.get(result);
    if (isOfStream === undefined) return false;
    return isOfStream ? streams-- > 0 : others-- > 0;
  };
}

function isAnswered(result: unknown): boolean {
  return !(result instanceof Promise) || peek.status(result) !== "pending";
}

function isAnsweredByStream(result: unknown): boolean {
  const response: unknown = result instanceof Promise ? peek(result) : result;
  return isResponse(response) && isStream(response);
}
