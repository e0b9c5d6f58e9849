// A metric by its kind: what is counted, what is measured now, and how long something took.
import type { Metric, Sample } from "./exposition.ts";

/** How long something took: the sum of all times, and their number. */
export interface Durations {
  readonly count: number;
  readonly seconds: number;
}

export function counter(name: string, help: string, samples: readonly Sample[]): Metric {
  return { name, type: "counter", help, samples };
}

export function gauge(name: string, help: string, samples: readonly Sample[]): Metric {
  return { name, type: "gauge", help, samples };
}

export function summary(name: string, help: string, { count, seconds }: Durations): Metric {
  const samples = [
    { suffix: "_sum", value: seconds },
    { suffix: "_count", value: count },
  ];
  return { name, type: "summary", help, samples };
}
