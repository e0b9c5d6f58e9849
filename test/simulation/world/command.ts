// A simulated command of the operator's: mostly it says yes, after a while.

import type { CommandHandle } from "../../../src/master/surroundings.ts";
import type { World } from "./world.ts";

/** How long it takes at most, unless it hangs. */
const LONGEST_MS = 3000;

/** @param attempt does something in the process that has started it */
export function startCommand(
  world: World,
  attempt: (act: () => void) => void,
  onExit: (how: string) => void,
): CommandHandle {
  if (world.fails()) throw Object.assign(new Error("EMFILE"), { code: "EMFILE" });
  let hasEnded = false;
  const end = (how: string): void => {
    if (hasEnded) return;
    hasEnded = true;
    attempt(() => onExit(how));
  };
  const hangs = world.fails();
  const how = world.fails() ? "exit code 1" : "exit code 0";
  if (!hangs) world.later(world.random.wait(LONGEST_MS), () => end(how));
  return { kill: () => world.later(world.latencyMs(), () => end("signal SIGKILL")) };
}
