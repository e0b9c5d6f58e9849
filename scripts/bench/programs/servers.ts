// The same program under pounce, under PM2 in cluster mode and under Node's cluster module, each
// with two workers, and under Bun alone.
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { Child } from "../child.ts";
import { HOST, untilAnswer } from "../http.ts";
import { childrenOf } from "../proc.ts";
import { freePort, Pounce, type Server, WORKERS } from "../servers.ts";
import type { Workspace } from "../workspace.ts";

export interface Programs {
  readonly workspace: Workspace;
  /** The folder with the programs and their packages. */
  readonly dir: string;
}

/** What every program answers. */
const ANSWER = "hello";
/** How the programs run in production; Express and its kind do less for a request then. */
const PRODUCTION = { NODE_ENV: "production" };

/** A main process and its workers. */
export class Cluster implements Server {
  constructor(
    readonly main: Child,
    readonly port: number,
    /** Replaces all workers; resolves when that is done. */
    readonly reload: () => Promise<void>,
  ) {}

  workers(): number[] {
    const alive = childrenOf(this.main.pid).filter(({ isZombie }) => !isZombie);
    return alive.map(({ pid }) => pid);
  }

  processes(): number[] {
    return [this.main.pid, ...this.workers()];
  }

  end(): Promise<void> {
    return this.main.end();
  }
}

type Start = (programs: Programs, file: string) => Promise<Cluster>;

async function startPounce({ workspace, dir }: Programs, file: string): Promise<Cluster> {
  const pounce = await Pounce.start(workspace, join(dir, file), { env: PRODUCTION });
  return new Cluster(pounce.master, pounce.port, () => pounce.reload().complete);
}

/**
 * PM2's daemon is started by itself, not by its command, so that its end is ours.
 * @param more of the environment
 */
export async function startPm2(
  { workspace, dir }: Programs,
  file: string,
  port = freePort(),
  more: Readonly<Record<string, string>> = {},
): Promise<Cluster> {
  const home = join(workspace.dir, `pm2-${port}`);
  const env = {
    ...PRODUCTION,
    ...more,
    PM2_HOME: home,
    PM2_DISABLE_VERSION_CHECK: "true",
    HOST,
    PORT: `${port}`,
  };
  const runPm2 = async (...args: string[]): Promise<void> => {
    const child = new Child(["node", "node_modules/pm2/bin/pm2", ...args], { env, cwd: dir });
    if ((await child.exited) !== 0) throw new Error(`pm2 ${args.join(" ")}:\n${child.output}`);
  };
  await mkdir(home);
  const daemon = new Child(["node", "node_modules/pm2/lib/Daemon.js"], { env, cwd: dir });
  await daemon.waitFor("New PM2 Daemon started");
  await runPm2("start", file, "--name", "program", "-i", `${WORKERS}`);
  await untilAnswer(port);
  return new Cluster(daemon, port, () => runPm2("reload", "program"));
}

async function startNodeCluster({ dir }: Programs, file: string): Promise<Cluster> {
  const port = freePort();
  const env = { ...PRODUCTION, HOST, PORT: `${port}` };
  const primary = new Child(["node", "cluster.mjs", join(dir, file)], { env, cwd: dir });
  await primary.waitFor("listening");
  const reload = async (): Promise<void> => {
    const after = primary.output.length;
    process.kill(primary.pid, "SIGHUP");
    await primary.waitFor("restarted", after);
  };
  return new Cluster(primary, port, reload);
}

/** Who runs the program, by the name that a report gives it. */
export const CLUSTERS = {
  pounce: startPounce,
  PM2: startPm2,
  "Node's cluster": startNodeCluster,
} as const satisfies Record<string, Start>;

export type ClusterName = keyof typeof CLUSTERS;
export const CLUSTER_NAMES = Object.keys(CLUSTERS) as ClusterName[];

/** Bun alone, in one process: the Bun inside of pounce's executable. */
export async function startBare({ workspace, dir }: Programs, file: string): Promise<Server> {
  const port = freePort();
  const env = { ...PRODUCTION, BUN_BE_BUN: "1", HOST, PORT: `${port}` };
  const child = new Child([workspace.pounce, join(dir, file)], { env, cwd: workspace.dir });
  await untilAnswer(port, ANSWER);
  return { port, workers: () => [child.pid], end: () => child.end() };
}

/** pounce with one worker, to compare with Bun alone. */
export function startSinglePounce({ workspace, dir }: Programs, file: string): Promise<Server> {
  return Pounce.start(workspace, join(dir, file), { env: PRODUCTION, workers: 1 });
}
