// The clock of this machine, and its timers.
import { machineMs } from "../../os/clock.ts";
import type { Clock } from "../surroundings.ts";
import { Ticker } from "./ticker.ts";

const ticker = new Ticker(
  () => performance.now(),
  (delayMs, act) => {
    const timer = setTimeout(act, delayMs).unref();
    return () => clearTimeout(timer);
  },
);

export const realClock: Clock = {
  now: () => performance.now(),
  date: () => new Date(),
  machineMs,
  after: (delayMs, act) => {
    const timer = setTimeout(act, delayMs);
    return () => clearTimeout(timer);
  },
  every: (intervalMs, act) => ticker.every(intervalMs, act),
};
