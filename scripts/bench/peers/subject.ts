// What every server that is compared can do here: start, take the next version, end.
import { Child } from "../child.ts";
import { childrenOf } from "../proc.ts";
import type { Workspace } from "../workspace.ts";
import type { Missing } from "./found.ts";

/** A server that runs. */
export interface Running {
  /** All of them, those that answer and those that watch over them. */
  processes(): number[];
  /** Takes what is written now; resolves when nothing of the old runs. Absent: it cannot. */
  readonly reload?: () => Promise<void>;
  end(): Promise<void>;
}

export interface Subject {
  readonly name: string;
  /** Of the server and of what runs the app in it. */
  readonly version: string;
  /** Writes what the server answers with once it starts or reloads. */
  write(port: number, version: string): Promise<unknown>;
  /** Resolves when it runs; its first answer may come earlier. */
  start(port: number): Promise<Running>;
}

/** A subject, or why there is none on this machine. */
export type Find = (workspace: Workspace) => Promise<Subject | Missing>;

interface Command {
  readonly command: readonly string[];
  readonly cwd: string;
  readonly env?: Readonly<Record<string, string>>;
  /** What tells the main process to take the next version. */
  readonly signal: NodeJS.Signals;
  /** What the workers print, or their main process for them, when they listen. */
  readonly ready?: { readonly text: string; readonly times: number };
}

/** Drains that take longer wait for clients that never pause. */
const RELOAD_TIMEOUT_MS = 8_000;
const LOOK_MS = 10;

/** The old workers have not gone in time. */
export class Unfinished extends Error {}

/** A main process with workers below it, all of which are replaced on a signal. */
export async function startMain(given: Command): Promise<Running> {
  const { command, cwd, env = {}, signal, ready } = given;
  const main = new Child(command, { cwd, env });
  const workers = (): number[] =>
    childrenOf(main.pid).flatMap(({ pid, isZombie }) => (isZombie ? [] : [pid]));
  const reload = async (): Promise<void> => {
    const old = new Set(workers());
    process.kill(main.pid, signal);
    const deadline = performance.now() + RELOAD_TIMEOUT_MS;
    while (workers().some((pid) => old.has(pid))) {
      if (performance.now() > deadline) throw new Unfinished(`${command[0]}:\n${main.output}`);
      await Bun.sleep(LOOK_MS);
    }
  };
  if (ready !== undefined) await waitForAll(main, ready.text, ready.times);
  return { processes: () => [main.pid, ...workers()], reload, end: () => main.end() };
}

async function waitForAll(main: Child, text: string, times: number): Promise<void> {
  let after = 0;
  for (let seen = 0; seen < times; seen += 1) {
    await main.waitFor(text, after);
    after = main.output.indexOf(text, after) + text.length;
  }
}
