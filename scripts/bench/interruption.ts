// What is done at a signal: work ends early, and all that it has started is ended first.
import { constants } from "node:os";
import { endChildren } from "./child.ts";

const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/** A child that ends by the same Ctrl-C may be noticed before our own signal is. */
const SIGNAL_LATE_MS = 10;

/**
 * Does the work, and then ends every process that it has started, however it ends. A signal exits
 * as soon as that is done, with 128 more than its number, as a shell does.
 */
export async function interruptible<T>(work: () => Promise<T>): Promise<T> {
  let signal: (typeof SIGNALS)[number] | undefined;
  const { promise: interrupted, reject } = Promise.withResolvers<never>();
  for (const name of SIGNALS) {
    process.on(name, () => {
      signal ??= name;
      reject(new Error("interrupted"));
    });
  }
  // Many wait for what has just been ended; it is one failure, and none after a signal.
  process.on("unhandledRejection", reject);
  try {
    return await Promise.race([interrupted, work()]);
  } finally {
    await endChildren();
    await Bun.sleep(SIGNAL_LATE_MS);
    if (signal !== undefined) {
      console.error("interrupted");
      process.exit(128 + constants.signals[signal]);
    }
  }
}
