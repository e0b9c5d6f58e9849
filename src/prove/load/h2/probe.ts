// What a server answers over HTTP/2 before the load, if it speaks it.
import type { Target } from "../plan.ts";
import { H2Connection } from "./connection.ts";
import { h2Request } from "./request.ts";
import type { H2Head } from "./stream.ts";

/** What has come of an answer: all of it, or the head of an event stream. */
export interface H2Sight {
  readonly status: number;
  readonly isStream: boolean;
  readonly bodyBytes: number;
}

/**
 * Asks for a path. Throws a `Loss` if there is no answer, or `Returned`.
 * @param isStream whether an answer with that head has no end that could be waited for
 */
export async function lookOverH2(
  target: Target,
  path: string,
  timeoutMs: number,
  isStream: (head: H2Head) => boolean,
): Promise<H2Sight> {
  using connection = await H2Connection.open(target.endpoint, timeoutMs);
  const begun = Promise.withResolvers<H2Sight>();
  const request = h2Request(target, { method: "GET", path });
  const stream = connection.request(request, performance.now() + timeoutMs, {
    onHead(head) {
      if (isStream(head)) begun.resolve({ status: head.status, isStream: true, bodyBytes: 0 });
    },
  });
  const whole = stream.whole.then((it) => ({ ...it, isStream: isStream(it) }));
  return await Promise.race([begun.promise, whole]);
}
