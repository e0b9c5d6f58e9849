// A worker process of the executable under test whose master is the test: it says each message
// itself, and hears each answer. For what a master says rarely, or only after minutes.
import { mkdtemp, realpath, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { FromWorker, ToWorker } from "../../src/ipc/messages.ts";
import { loadMessage } from "../../src/master/plan/load-message.ts";
import { readPlan } from "../../src/master/plan/read-plan.ts";
import { WorkerProcess } from "../../src/master/workers/worker-process.ts";
import { nodeModules } from "./fixtures.ts";
import { type Config, pounceBinary, tomlOf } from "./server.ts";
import { until } from "./until.ts";

const IDENTITY = { worker: 0, generation: 0, slot: 0 };

export class DrivenWorker implements AsyncDisposable {
  readonly said: FromWorker[] = [];
  readonly printed: string[] = [];
  /** How it ended; undefined: it runs. */
  ended: string | undefined;
  port = 0;
  readonly #process: WorkerProcess;

  private constructor(
    readonly dir: string,
    start: (callbacks: ConstructorParameters<typeof WorkerProcess>[2]) => WorkerProcess,
  ) {
    this.#process = start({
      onMessage: (message) => this.said.push(message),
      onBroken: (what) => this.printed.push(what),
      onExit: (how) => (this.ended = how),
      onOutput: async (_, pieces) => void this.printed.push(...pieces.map(({ text }) => text)),
    });
  }

  /**
   * Loaded, and not listening yet.
   * @param app the source of app.ts
   * @param files more files in its folder, which nobody else may read
   */
  static async load(
    app: string,
    config: Config = {},
    files: Readonly<Record<string, string>> = {},
  ): Promise<DrivenWorker> {
    const dir = await realpath(await mkdtemp(join(tmpdir(), "pounce-test-")));
    await symlink(nodeModules, join(dir, "node_modules"));
    await Bun.write(join(dir, "app.ts"), app);
    for (const [name, text] of Object.entries(files)) {
      await Bun.write(join(dir, name), text, { mode: 0o600 });
    }
    const file = join(dir, "pounce.toml");
    await Bun.write(file, tomlOf({ ...config, log: { capture: true } }));
    const result = await readPlan({ flags: { config: file }, env: {}, cwd: dir }, undefined);
    if (!result.ok) throw new Error(result.errors.join("\n"));
    const { plan } = result;
    const executable = pounceBinary();
    const worker = new DrivenWorker(
      dir,
      (callbacks) => new WorkerProcess(IDENTITY, { plan, executable, page: undefined }, callbacks),
    );
    worker.send(loadMessage(plan, IDENTITY));
    return worker;
  }

  /** Listening, and ready. */
  static async start(...how: Parameters<typeof DrivenWorker.load>): Promise<DrivenWorker> {
    const worker = await DrivenWorker.load(...how);
    await worker.heard("loaded");
    await worker.bind();
    await worker.heard("ready");
    return worker;
  }

  async bind(): Promise<void> {
    this.send({ type: "bind", addresses: [{ host: "127.0.0.1", port: 0 }] });
    const { addresses } = await this.heard("bound");
    const [address] = addresses;
    if (address !== undefined && "port" in address) this.port = address.port;
  }

  send(message: ToWorker): void {
    this.#process.send(message);
  }

  /** The first message of that type, when it has come. */
  async heard<T extends FromWorker["type"]>(
    type: T,
  ): Promise<Extract<FromWorker, { readonly type: T }>> {
    const find = () => this.said.find((message) => message.type === type);
    await until(`"${type}" of the worker; it has said ${JSON.stringify(this.said)}`, () => {
      if (this.ended !== undefined && find() === undefined) throw new Error(this.ended);
      return find() !== undefined;
    });
    return find() as Extract<FromWorker, { readonly type: T }>;
  }

  /** Has obeyed all that was sent before: messages are obeyed in order. */
  async obeyed(): Promise<void> {
    const id = this.said.length;
    this.send({ type: "report", id });
    await until("a report", () => this.said.some((it) => it.type === "report" && it.id === id));
  }

  async untilEnded(): Promise<string> {
    await until("the worker ends", () => this.ended !== undefined);
    return this.ended ?? "";
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.ended === undefined) this.#process.kill();
    await this.untilEnded();
    this.#process.dispose();
    await rm(this.dir, { recursive: true, force: true });
  }
}
