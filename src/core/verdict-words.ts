// The words of a verdict, for the log and the receipt.

import { formatDuration } from "./duration.ts";

/** What both generations have. */
interface Both<T> {
  readonly fresh: T;
  readonly old: T;
}

export const verdictWords = {
  unmeasured: "nothing could be measured",
  tooFew: (figures: string, least: number) => `${figures}; min_requests is ${least}`,
  errors: (rate: number, most: number, troubles: number) =>
    `${percent(rate)} % of requests failed, more than ${percent(most)} %${counting(troubles)}`,
  errorsToOld: (rate: number, times: number, troubles: number) =>
    `${percent(rate)} % of requests failed, more than ${times} times as many as before` +
    counting(troubles),
  latency: (times: number, most: number) =>
    `its p99 is ${times.toFixed(1)} times as long as before, more than ${most}`,
  figures: (requests: number, rates: Both<number>, p99: Both<number | undefined>) =>
    `${requests} requests; errors ${percent(rates.fresh)} %, before ${percent(rates.old)}` +
    ` %; p99 ${duration(p99.fresh)}, before ${duration(p99.old)}`,
  silences: (rates: Both<number>) =>
    `no answer ${percent(rates.fresh)} %, before ${percent(rates.old)} %`,
  unanswered: (count: number, requests: number) =>
    `${count} of ${requests} got no answer before their clients left, or in time`,
  mute: (count: number, requests: number) =>
    `${count} of ${requests} requests got no answer before their clients left, or in time`,
  longStall: (ms: number) =>
    `a worker has made no progress for ${formatDuration(ms)}, and none of the old ones has done so`,
  stalled: (share: number, oldShare: number) =>
    `its workers made no progress in ${percent(share)} % of the time, before in ` +
    `${percent(oldShare)} %`,
  stuck: "none of its workers makes progress",
  /** They are no requests: whoever looks for that many answers with 500 finds none. */
  troubles: (count: number) =>
    count === 1
      ? "1 crash or error outside a request"
      : `${count} crashes or errors outside requests`,
} as const;

function counting(troubles: number): string {
  return troubles === 0 ? "" : `, counting ${verdictWords.troubles(troubles)}`;
}

function percent(rate: number): string {
  return (rate * 100).toFixed(1);
}

/** It is known within 6 %: more than two digits would say too much. */
function duration(ms: number | undefined): string {
  if (ms === undefined) return "unknown";
  return ms < 10 ? `${Number(ms.toPrecision(2))}ms` : formatDuration(Math.round(ms));
}
