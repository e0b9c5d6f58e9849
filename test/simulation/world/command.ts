// A simulated command of the operator's, which looks at a generation: what it says, its version
// decides.

import type { CommandHandle } from "../../../src/master/surroundings.ts";
import type { Smoke } from "./disk.ts";
import type { World } from "./world.ts";

/** How long it takes, mostly. */
const MEAN_MS = 500;
/** One that is late may outlast the generation that it looks at. */
const LATE_MS = 12_000;

/** @param attempt does something in the process that has started it */
export function startCommand(
  world: World,
  generation: number,
  attempt: (act: () => void) => void,
  onExit: (how: string) => void,
): CommandHandle {
  if (world.fails()) throw Object.assign(new Error("EMFILE"), { code: "EMFILE" });
  const { random, looking } = world;
  const id = world.nextCommand++;
  looking.add(id);
  let hasEnded = false;
  const end = (how: string): void => {
    if (hasEnded) return;
    hasEnded = true;
    looking.delete(id);
    attempt(() => onExit(how));
  };
  const smoke: Smoke = world.fails() ? "never" : world.disk.of(generation).smoke;
  const afterMs = random.wait(smoke === "late" ? LATE_MS : MEAN_MS);
  const how = smoke === "no" ? "exit code 1" : "exit code 0";
  if (smoke !== "never") world.later(afterMs, () => end(how));
  // One that is told to end may be about to answer.
  const last = random.chance(0.3) ? how : "signal SIGKILL";
  const kill = (): void => {
    looking.delete(id);
    world.later(world.latencyMs(), () => end(last));
  };
  return { kill };
}
