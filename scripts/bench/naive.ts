// The obvious way to reload, for comparison: on HUP, new workers of raw Bun.serve, then `stop()` in
// the old ones. It loses requests, and is as cheap as a reload can be.
import { fileURLToPath } from "node:url";
import { Child } from "./child.ts";
import { childrenOf } from "./proc.ts";
import { freePort, type Server, WORKERS } from "./servers.ts";
import type { Workspace } from "./workspace.ts";

const SERVER = fileURLToPath(new URL("../../test/helpers/naive-server.ts", import.meta.url));

interface NaiveOptions {
  readonly port?: number;
  /** A copy of pounce's executable, whose Bun runs it. */
  readonly executable?: string;
}

export class Naive implements Server {
  private constructor(
    readonly master: Child,
    readonly port: number,
  ) {}

  static async start(
    workspace: Workspace,
    app: string,
    { port = freePort(), executable = workspace.pounce }: NaiveOptions = {},
  ): Promise<Naive> {
    const command = [executable, SERVER, app, `${WORKERS}`, `--port=${port}`];
    const master = new Child(command, { env: { BUN_BE_BUN: "1" }, cwd: workspace.dir });
    await master.waitFor("Listening on ");
    return new Naive(master, port);
  }

  workers(): number[] {
    return childrenOf(this.master.pid).map(({ pid }) => pid);
  }

  /** Sends HUP. The promise: the old workers are gone. */
  reload(): { complete: Promise<void> } {
    const after = this.master.output.length;
    process.kill(this.master.pid, "SIGHUP");
    return { complete: this.master.waitFor("Graceful reload complete.", after) };
  }

  end(): Promise<void> {
    return this.master.end();
  }
}
