// Waits after an app has been loaded, for what fails a moment later. A worker is not ready before.

/**
 * A connection that an app opens at import without awaiting it fails a moment later. The other
 * workers load in that time, so waiting in the first one costs time only if it is alone.
 */
const SETTLE_MS = 20;
/**
 * A program that has started its server may go on loading: some listen first, and load what answers
 * after that. It has done so once it leaves the processor alone for this long.
 */
const CALM_MS = 25;
/** Up to this part of the time counts as calm. */
const CALM_SHARE = 0.2;
/** A program may work all the time. */
const LIMIT_MS = 2000;

/** Waits a fixed time, and gives Bun a turn to report what has failed. */
export async function settle(): Promise<void> {
  await Bun.sleep(SETTLE_MS);
  await new Promise(setImmediate);
}

/** Waits until the program has nothing more to do for now. */
export async function untilCalm(): Promise<void> {
  const untilMs = performance.now() + LIMIT_MS;
  for (let share = 1; share > CALM_SHARE && performance.now() < untilMs;) {
    const before = process.cpuUsage();
    await Bun.sleep(CALM_MS);
    const { user, system } = process.cpuUsage(before);
    share = (user + system) / 1000 / CALM_MS;
  }
  await new Promise(setImmediate);
}
