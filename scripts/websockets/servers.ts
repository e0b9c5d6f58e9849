// The servers that the clients are connected to while they reload.
import { copyFileSync, existsSync, symlinkSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { startPm2 } from "../bench/programs/servers.ts";
import { Pounce } from "../bench/servers.ts";
import type { Workspace } from "../bench/workspace.ts";
import { carriedIn } from "./pounce-log.ts";

const LOOK_MS = 10;
const PM2_APP = "node-app.mjs";

function fileOf(name: string): string {
  return fileURLToPath(new URL(name, import.meta.url));
}

interface PounceOptions {
  readonly onReload: "carry" | "close";
  readonly workers: number;
  readonly env?: Readonly<Record<string, string>>;
}

/** pounce with the app that echoes. Its log has the time of each line. */
export async function startEchoes(
  workspace: Workspace,
  { onReload, workers, env = {} }: PounceOptions,
): Promise<Pounce> {
  const config = join(workspace.dir, `${onReload}.toml`);
  await Bun.write(config, `[log]\nformat = "json"\n[websocket]\non_reload = "${onReload}"\n`);
  return Pounce.start(workspace, fileOf("app.ts"), { flags: ["--config", config], workers, env });
}

/** A server whose reload is compared. */
export interface Target {
  readonly port: number;
  /**
   * Resolves when no process of the old version is left, with when the last connection had moved,
   * by `Date.now`; undefined: none moves.
   */
  reload(): Promise<number | undefined>;
  end(): Promise<void>;
}

export type StartTarget = (workspace: Workspace) => Promise<Target>;

export function pounceTarget(onReload: "carry" | "close", workers: number): StartTarget {
  return async (workspace) => {
    const pounce = await startEchoes(workspace, { onReload, workers });
    const reload = async (): Promise<number | undefined> => {
      const after = pounce.master.output.length;
      await pounce.reload().complete;
      return onReload === "carry"
        ? carriedIn(pounce.master.output.slice(after)).movedMs
        : undefined;
    };
    return { port: pounce.port, reload, end: () => pounce.end() };
  };
}

/** Whether a folder has what `pm2Target` needs. */
export function hasPm2(folder: string): boolean {
  return ["pm2", "ws"].every((name) => existsSync(join(folder, "node_modules", name)));
}

/**
 * @param folder with PM2 and `ws`
 * @param closeCode of its WebSockets; undefined: the app leaves them to PM2's SIGKILL
 */
export function pm2Target(folder: string, closeCode?: number): StartTarget {
  return async (workspace) => {
    const dir = join(workspace.dir, `app-${closeCode ?? "plain"}`);
    if (!existsSync(dir)) {
      await mkdir(dir);
      symlinkSync(join(folder, "node_modules"), join(dir, "node_modules"));
      copyFileSync(fileOf(PM2_APP), join(dir, PM2_APP));
    }
    const env: Record<string, string> =
      closeCode === undefined ? {} : { CLOSE_CODE: `${closeCode}` };
    const cluster = await startPm2({ workspace, dir }, PM2_APP, undefined, env);
    const reload = async (): Promise<undefined> => {
      const old = cluster.workers();
      await cluster.reload();
      while (cluster.workers().some((pid) => old.includes(pid))) await Bun.sleep(LOOK_MS);
    };
    return { port: cluster.port, reload, end: () => cluster.end() };
  };
}
