// TERM to process 1 of a container right after its start. The kernel drops a signal that process 1
// has no handler for: what is sent in the first milliseconds, before any program can have one, has
// no effect.
//   bun test ./test/deploy/early-term.deploy.ts
// packages: runc
import { afterAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { readlinkSync } from "node:fs";
import {
  cannotRunContainers,
  catchesTerm,
  dispose,
  initOf,
  makeBundle,
  removeSharedRoot,
} from "../helpers/container.ts";
import { untilGone } from "../helpers/processes.ts";

setDefaultTimeout(120_000);
afterAll(removeSharedRoot);

const DELAYS_MS = Array.from({ length: 26 }, (_, index) => index * 4);
/** How soon pounce must have its handler, on a machine that has other things to do. */
const LONGEST_WINDOW_MS = 250;
/** To stop when nothing has been served; far below any engine's patience. */
const STOP_MS = 5_000;

interface Started extends AsyncDisposable {
  init: number;
  /** When pounce took the place of runc in process 1, on the clock of `performance`. */
  startedMs: number;
}

/** Looks again and again, without ever letting go of the CPU: it is a matter of milliseconds. */
function spinUntil(holds: () => boolean): number {
  while (!holds());
  return performance.now();
}

async function start(): Promise<Started> {
  const bundle = await makeBundle({ config: { workers: 1 } });
  const made = Bun.spawnSync(["runc", "create", "--bundle", bundle.dir, bundle.id], {
    stdio: ["ignore", "ignore", "ignore"],
  });
  expect(made.exitCode).toBe(0);
  const init = initOf(bundle.id);
  const starting = Bun.spawn(["runc", "start", bundle.id], {
    stdio: ["ignore", "inherit", "inherit"],
  });
  const startedMs = spinUntil(() => readlinkSync(`/proc/${init}/exe`).endsWith("/bin/pounce"));
  void starting.exited;
  return { init, startedMs, [Symbol.asyncDispose]: () => dispose(bundle) };
}

describe.skipIf(cannotRunContainers())("TERM to process 1", () => {
  const windowsMs: number[] = [];

  test("is caught a few milliseconds after the start", async () => {
    for (let round = 0; round < 10; round += 1) {
      await using started = await start();
      const { init, startedMs } = started;
      windowsMs.push(spinUntil(() => catchesTerm(init)) - startedMs);
      process.kill(init, "SIGTERM");
      await untilGone([init], STOP_MS);
    }
    const sorted = windowsMs.toSorted((a, b) => a - b).map((ms) => ms.toFixed(1));
    console.log(`from exec to the handler: ${sorted.join(" ")} ms`);
    expect(Math.max(...windowsMs)).toBeLessThan(LONGEST_WINDOW_MS);
  });

  test("ends it, whenever in the first 100 ms it comes, unless it came before the handler", async () => {
    const tooEarly: number[] = [];
    for (const delayMs of DELAYS_MS) {
      await using started = await start();
      const { init, startedMs } = started;
      spinUntil(() => performance.now() >= startedMs + delayMs);
      const isCaught = catchesTerm(init);
      process.kill(init, "SIGTERM");
      if (!isCaught) {
        tooEarly.push(delayMs);
        spinUntil(() => catchesTerm(init));
        process.kill(init, "SIGTERM");
      }
      await untilGone([init], STOP_MS);
    }
    console.log(`came before the handler, after ms: ${tooEarly.join(" ")}`);
    expect(tooEarly.length).toBeLessThan(DELAYS_MS.length);
  });
});
