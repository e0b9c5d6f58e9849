// The servers under test: pounce, and raw Bun.serve in two processes, all from one executable.
import { fileURLToPath } from "node:url";
import { Child } from "./child.ts";
import { HOST } from "./http.ts";
import { childrenOf } from "./proc.ts";
import type { Workspace } from "./workspace.ts";

export const WORKERS = 2;

export interface Server {
  readonly port: number;
  /** The processes that answer requests. */
  workers(): number[];
  end(): Promise<void>;
}

/** The path of a file of this folder. */
export function benchFile(name: string): string {
  return fileURLToPath(new URL(name, import.meta.url));
}

/** A port that nothing listens on. */
export function freePort(): number {
  const socket = { data: () => undefined };
  const listener = Bun.listen({ hostname: HOST, port: 0, socket });
  const { port } = listener;
  listener.stop(true);
  return port;
}

/** Runs a script with the Bun inside of pounce's executable. */
export function runWithBun(workspace: Workspace, script: string, ...args: string[]): Child {
  const command = [workspace.pounce, benchFile(script), ...args];
  return new Child(command, { env: { BUN_BE_BUN: "1" }, cwd: workspace.dir });
}

interface PounceOptions {
  readonly flags?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly workers?: number;
  /** Any that is free, unless it is given. */
  readonly port?: number;
  /** pounce of the workspace, unless it is given. */
  readonly executable?: string;
}

/** Starts pounce and waits for nothing. */
export function spawnPounce(
  workspace: Workspace,
  app: string,
  port: number,
  { flags = [], env = {}, workers = WORKERS, executable = workspace.pounce }: PounceOptions = {},
): Child {
  const args = [app, "--host", HOST, "--port", `${port}`, "--workers", `${workers}`, ...flags];
  return new Child([executable, ...args], { env, cwd: workspace.dir });
}

export class Pounce implements Server {
  private constructor(
    readonly master: Child,
    readonly port: number,
  ) {}

  static async start(
    workspace: Workspace,
    app: string,
    options: PounceOptions = {},
  ): Promise<Pounce> {
    const { port = freePort() } = options;
    const master = spawnPounce(workspace, app, port, options);
    await master.waitFor("Listening on ");
    return new Pounce(master, port);
  }

  workers(): number[] {
    return childrenOf(this.master.pid).map(({ pid }) => pid);
  }

  /** Sends HUP. The two promises: new connections go to the new workers; the old ones are gone. */
  reload(): { steered: Promise<void>; complete: Promise<void> } {
    const after = this.master.output.length;
    process.kill(this.master.pid, "SIGHUP");
    const steered = this.master.waitFor("New workers spawned.", after);
    const complete = this.master.waitFor("Graceful reload complete.", after);
    // Whoever waits for only one of them gets the error of that one.
    steered.catch(() => undefined);
    complete.catch(() => undefined);
    return { steered, complete };
  }

  end(): Promise<void> {
    return this.master.end();
  }
}

export class RawPair implements Server {
  private constructor(
    readonly processes: readonly Child[],
    readonly port: number,
  ) {}

  /** @param more arguments of the server */
  static async start(
    workspace: Workspace,
    app: string,
    port = freePort(),
    more: readonly string[] = [],
  ): Promise<RawPair> {
    const processes = Array.from({ length: WORKERS }, () =>
      runWithBun(workspace, "raw-server.ts", app, `${port}`, ...more),
    );
    await Promise.all(processes.map((child) => child.waitFor("listening")));
    return new RawPair(processes, port);
  }

  workers(): number[] {
    return this.processes.map(({ pid }) => pid);
  }

  async end(): Promise<void> {
    await Promise.all(this.processes.map((child) => child.end()));
  }
}
