// A command that runs in a process group of its own, and is ended with all of it.
import { isGroupRunning, signalGroup } from "../../os/process-group.ts";
import { here } from "../../platform.ts";
import type { Guard } from "./guard.ts";
import { withOutput } from "./kept-output.ts";

export interface Spawned {
  readonly pid: number;
  /** Resolves with how it ended: `exit code 1`, `SIGKILL`. */
  readonly exited: Promise<string>;
}

interface Surroundings {
  readonly env: Record<string, string | undefined>;
  /** The file for what it writes. */
  readonly output: string;
  readonly guard: Guard;
}

const LOOK_MS = 20;
/** For what is left of a group whose first process has ended. */
const REST_MS = 5000;

/** What a service manager has given to prove alone. */
const OF_PROVE = /^(POUNCE_LAUNCHER|NOTIFY_SOCKET|WATCHDOG_(USEC|PID)|LISTEN_(FDS|PID|FDNAMES))$/;

/** The environment of a child. */
export function childEnvironment(): Record<string, string | undefined> {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !OF_PROVE.test(name)));
}

export function spawnGroup(
  command: readonly string[],
  { env, output, guard }: Surroundings,
): Spawned {
  const child = withOutput(output, (descriptor) =>
    Bun.spawn([...command], {
      detached: true,
      env,
      stdin: "ignore",
      stdout: descriptor,
      stderr: descriptor,
    }),
  );
  guard.watch(child.pid);
  const exited = child.exited.then(
    () => child.signalCode?.toString() ?? `exit code ${child.exitCode}`,
  );
  return { pid: child.pid, exited };
}

/**
 * Sends a signal to the group, and KILL to what is left of it after a time.
 * @param graceMs what the command itself may take
 * @returns how the command ended; undefined: not by itself
 */
export async function endGroup(
  { pid, exited }: Spawned,
  graceMs: number,
  signal: "SIGTERM" | "SIGQUIT" = "SIGTERM",
): Promise<string | undefined> {
  signalGroup(pid, signal);
  const how = await Promise.race([exited, Bun.sleep(graceMs).then(() => undefined)]);
  const untilMs = performance.now() + (how === undefined ? 0 : REST_MS);
  while (isRunning(pid) && performance.now() < untilMs) await Bun.sleep(LOOK_MS);
  signalGroup(pid, "SIGKILL");
  await exited;
  return how;
}

function isRunning(group: number): boolean {
  return here.hasProc ? isGroupRunning(group) : signalGroup(group, 0);
}
