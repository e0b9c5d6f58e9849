// Waits for the requests that are in flight when a program closes its server. Many a program exits
// once that is closed: `server.close(() => process.exit(1))` after an error that it does not know.
import type { AllInFlight } from "./in-flight.ts";

const LOOK_EACH_MS = 20;

/** Resolves when the requests that are in flight now have been answered, or have ended. */
export async function untilAnswered(inFlight: Pick<AllInFlight, "sweep">): Promise<void> {
  // A request whose handler calls this is noted right after that.
  await new Promise(setImmediate);
  let left = new Set(inFlight.sweep().map(({ request }) => request));
  while (left.size > 0) {
    await new Promise<void>((resolve) => void setTimeout(resolve, LOOK_EACH_MS).unref());
    const requests = inFlight.sweep().map(({ request }) => request);
    left = left.intersection(new Set(requests));
  }
}
