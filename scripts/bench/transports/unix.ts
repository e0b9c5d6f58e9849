// Servers on a Unix socket: there is one process at a path that raw Bun.serve has opened, so that
// pounce is measured with one worker.
import { join } from "node:path";
import { Child } from "../child.ts";
import { childrenOf } from "../proc.ts";
import { runWithBun, type Server } from "../servers.ts";
import type { Workspace } from "../workspace.ts";

export interface UnixServer extends Server {
  readonly path: string;
}

let servers = 0;

/** A new one for each: a server that stops takes the file away. */
function newPath(workspace: Workspace): string {
  servers += 1;
  return join(workspace.dir, `${servers}.sock`);
}

export async function startRawUnix(workspace: Workspace, app: string): Promise<UnixServer> {
  const path = newPath(workspace);
  const child = runWithBun(workspace, "raw-server.ts", app, path);
  await child.waitFor("listening");
  return { path, port: 0, workers: () => [child.pid], end: () => child.end() };
}

export async function startPounceUnix(workspace: Workspace, app: string): Promise<UnixServer> {
  const path = newPath(workspace);
  const command = [workspace.pounce, app, "--uds", path, "--workers", "1"];
  const child = new Child(command, { env: {}, cwd: workspace.dir });
  await child.waitFor("Listening on ");
  const workers = (): number[] => childrenOf(child.pid).map(({ pid }) => pid);
  return { path, port: 0, workers, end: () => child.end() };
}
