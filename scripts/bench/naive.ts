// The obvious way to reload, for comparison: on HUP, new workers of raw Bun.serve, then `stop()` in
// the old ones. It loses requests, and is as cheap as a reload can be.
import { fileURLToPath } from "node:url";
import { Child } from "./child.ts";
import { childrenOf } from "./proc.ts";
import { type Server, WORKERS } from "./servers.ts";
import type { Workspace } from "./workspace.ts";

const SERVER = fileURLToPath(new URL("../../test/helpers/naive-server.ts", import.meta.url));
const LISTENING = /Listening on http:\/\/[^:]+:(\d+)/;

export class Naive implements Server {
  private constructor(
    readonly master: Child,
    readonly port: number,
  ) {}

  static async start(workspace: Workspace, app: string): Promise<Naive> {
    const command = [workspace.pounce, SERVER, app, `${WORKERS}`];
    const master = new Child(command, { env: { BUN_BE_BUN: "1" }, cwd: workspace.dir });
    await master.waitFor("Listening on ");
    return new Naive(master, Number(LISTENING.exec(master.output)?.[1]));
  }

  workers(): number[] {
    return childrenOf(this.master.pid).map(({ pid }) => pid);
  }

  reload(): void {
    process.kill(this.master.pid, "SIGHUP");
  }

  end(): Promise<void> {
    return this.master.end();
  }
}
