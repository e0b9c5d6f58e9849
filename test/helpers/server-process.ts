// A server under test as a running process: its log, its signals, its children, its end. Disposing
// of it kills the whole tree and removes its folder, so `await using` cleans up after any failure.
import { rename, rm } from "node:fs/promises";
import { join } from "node:path";
import type { Subprocess } from "bun";
import type { Endpoint } from "../../src/prove/load/endpoint.ts";
import { LogBook, type WaitOptions } from "./log-book.ts";
import {
  isRunning,
  killAll,
  taggedProcesses,
  untilGone,
  workersAmong,
  type WorkerProcess,
} from "./processes.ts";

export interface Exit {
  code: number | null;
  signal: NodeJS.Signals | number | null;
}

interface Reload {
  generation: number;
  /** The log from the signal to the last line of the reload. */
  lines: string[];
}

const running = new Set<ServerProcess>();

/** For `afterAll`: ends what a test that timed out has left behind. */
export async function stopAllServers(): Promise<void> {
  await Promise.all([...running].map((server) => server.dispose()));
}

export class ServerProcess {
  readonly logs = new LogBook();
  readonly pid: number;
  readonly exited: Promise<Exit>;
  /** Known once the server has said that it listens. */
  port = 0;
  /** The Unix socket, if it listens on one: else there is no such property, as in an `Address`. */
  declare path: string | undefined;

  constructor(
    child: Subprocess<"ignore", "pipe", "pipe">,
    readonly dir: string,
    readonly tag: string,
  ) {
    this.pid = child.pid;
    const followed = this.logs.follow(child.stdout, child.stderr);
    this.exited = child.exited.then(async () => {
      // The pipes stay open for as long as a worker that outlives the master has them.
      for (let tries = 0, isRead = false; !isRead && tries < 50; tries += 1) {
        isRead = await Promise.race([followed.then(() => true), Bun.sleep(200).then(() => false)]);
        if (!isRead && taggedProcesses(tag).length > 0) break;
      }
      return { code: child.exitCode, signal: child.signalCode };
    });
    running.add(this);
  }

  /** Waits for the line that names the address, and keeps the port. */
  async untilListening(timeoutMs = 40_000): Promise<this> {
    // The program that it serves may say the same.
    const own = /(?:\[INFO\] |"msg":")Listening on (http|unix:)/;
    const line = await this.logs.waitFor(own, { timeoutMs });
    const path = /Listening on unix:([^\s"]+)/.exec(line)?.[1];
    if (path !== undefined) this.path = path;
    this.port = Number(/Listening on http\S*:(\d+)/.exec(line)?.[1]);
    return this;
  }

  /** Where it is reached. */
  get endpoint(): Endpoint {
    const { port, path } = this;
    return path === undefined ? { host: "127.0.0.1", port } : { path };
  }

  waitForLog(pattern: RegExp | string, options?: WaitOptions): Promise<string> {
    return this.logs.waitFor(pattern, options);
  }

  signal(signal: NodeJS.Signals): void {
    process.kill(this.pid, signal);
  }

  hup(): void {
    this.signal("SIGHUP");
  }

  /** One reload from the signal to its receipt, the line after "Graceful reload complete". */
  async reload(timeoutMs = 50_000): Promise<Reload> {
    const { generation, after } = await this.steer(timeoutMs);
    const receipt = new RegExp(`Receipt .*"generation":${generation},"outcome":"completed"`);
    await this.waitForLog(receipt, { after, timeoutMs });
    return { generation, lines: this.logs.messages(after) };
  }

  /** A reload up to where the new generation takes all new connections and the old one drains. */
  async steer(timeoutMs = 40_000): Promise<{ generation: number; after: number }> {
    const after = this.logs.mark();
    this.hup();
    const begun = await this.waitForLog(/Spawning .*\(generation \d+\)|Reload failed/, {
      after,
      timeoutMs,
    });
    const generation = Number(/generation (\d+)/.exec(begun)?.[1]);
    const end = /New workers spawned\. Draining old|Reload failed|reload complete/;
    const last = await this.waitForLog(end, { after, timeoutMs });
    if (last.includes("Reload failed")) throw new Error(`the reload failed:\n${this.logs.text()}`);
    return { generation, after };
  }

  /** A reload that should fail: the log from the signal to the fixed last line. */
  async reloadThatFails(timeoutMs = 40_000): Promise<string[]> {
    const after = this.logs.mark();
    this.hup();
    const last = await this.waitForLog(/Reload failed|Graceful reload complete/, {
      after,
      timeoutMs,
    });
    // The receipt comes after it, but on the other stream.
    const lines = this.logs.messages(after).filter((line) => !line.startsWith("[INFO] Receipt "));
    return lines.slice(0, lines.indexOf(last) + 1);
  }

  /** Replaces a file of the server's folder in one step, as a deploy should. */
  async write(name: string, content: string): Promise<void> {
    const beside = join(this.dir, `.${name}.new`);
    await Bun.write(beside, content);
    await rename(beside, join(this.dir, name));
  }

  writeApp(source: string): Promise<void> {
    return this.write("app.ts", source);
  }

  /** The server's `pounce worker …` processes, orphans of a dead master included. */
  workers(): WorkerProcess[] {
    return workersAmong(taggedProcesses(this.tag));
  }

  /** Resolves when the workers are as wanted. There is no event for another process's child. */
  async untilWorkers(
    isWanted: (workers: WorkerProcess[]) => boolean,
    timeoutMs = 40_000,
  ): Promise<WorkerProcess[]> {
    const deadline = performance.now() + timeoutMs;
    for (;;) {
      const workers = this.workers();
      if (isWanted(workers)) return workers;
      if (performance.now() > deadline) {
        const found = JSON.stringify(workers);
        throw new Error(`workers after ${timeoutMs} ms: ${found}; the log:\n${this.logs.text()}`);
      }
      await Bun.sleep(10);
    }
  }

  /** Resolves when no process of this server is left, whoever its parent is now. */
  async untilNothingIsLeft(timeoutMs: number): Promise<void> {
    await untilGone(taggedProcesses(this.tag), timeoutMs);
  }

  isRunning(): boolean {
    return isRunning(this.pid);
  }

  /** A graceful stop. */
  async stop(): Promise<Exit> {
    this.signal("SIGTERM");
    return this.exited;
  }

  async dispose(): Promise<void> {
    running.delete(this);
    // The master first, so that it does not replace the workers.
    killAll([this.pid]);
    await untilGone([this.pid], 5_000);
    for (let left = taggedProcesses(this.tag); left.length > 0; left = taggedProcesses(this.tag)) {
      killAll(left);
      await untilGone(left, 5_000);
    }
    await rm(this.dir, { recursive: true, force: true });
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.dispose();
  }
}
