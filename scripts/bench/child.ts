// A process that the benchmark starts: its output, its messages, and its end by pid, whatever
// happens.
import type { Subprocess } from "bun";

const END_TIMEOUT_MS = 10_000;
const WAIT_TIMEOUT_MS = 20_000;
/** How often a wait looks at its deadline while there is no output. */
const LOOK_MS = 100;

const SETTING = /^(POUNCE_.*|BUN_.*|PORT)$/;

const running = new Set<Child>();
let isOver = false;

/** Whether all is being ended: what fails from now on says nothing. */
export function isEnding(): boolean {
  return isOver;
}

/**
 * Ends what is still running, and lets nothing start any more: for the end, even after a failure.
 */
export async function endChildren(): Promise<void> {
  isOver = true;
  await Promise.all([...running].map((child) => child.end()));
}

interface ChildOptions {
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly cwd?: string;
  /** Opens a channel for messages; what comes through it goes here. */
  readonly onMessage?: (message: unknown) => void;
}

export class Child {
  /** Everything that the process has written to both streams. */
  output = "";
  readonly exited: Promise<number>;
  readonly #process: Subprocess<"ignore", "pipe", "pipe">;
  #more = Promise.withResolvers<void>();

  constructor(
    readonly command: readonly string[],
    options: ChildOptions = {},
  ) {
    if (isOver) throw new Error("the benchmark has been stopped");
    const { env = {}, cwd, onMessage } = options;
    this.#process = Bun.spawn([...command], {
      env: { ...plainEnvironment(), ...env },
      ...(cwd === undefined ? {} : { cwd }),
      stdin: "ignore",
      stdout: "pipe",
      stderr: "pipe",
      ...(onMessage === undefined ? {} : { ipc: onMessage, serialization: "json" as const }),
    });
    running.add(this);
    this.exited = this.#process.exited.then((code) => {
      running.delete(this);
      return code;
    });
    void this.#read(this.#process.stdout);
    void this.#read(this.#process.stderr);
  }

  get pid(): number {
    return this.#process.pid;
  }

  send(message: unknown): void {
    this.#process.send(message);
  }

  /** Resolves when the output from an index on has the text. */
  async waitFor(text: string, after = 0): Promise<void> {
    const deadline = performance.now() + WAIT_TIMEOUT_MS;
    while (!this.output.includes(text, after)) {
      if (!running.has(this) || performance.now() > deadline) {
        throw new Error(`no "${text}" from ${this.command.join(" ")}:\n${this.output}`);
      }
      await Promise.race([this.#more.promise, Bun.sleep(LOOK_MS)]);
    }
  }

  /** Asks the process to end, and forces it if it does not. */
  async end(): Promise<void> {
    if (!running.has(this)) return;
    this.#process.kill("SIGTERM");
    await Promise.race([this.exited, Bun.sleep(END_TIMEOUT_MS)]);
    if (running.has(this)) this.#process.kill("SIGKILL");
    await this.exited;
  }

  async #read(stream: ReadableStream<Uint8Array>): Promise<void> {
    const decoder = new TextDecoder();
    for await (const chunk of stream) {
      this.output += decoder.decode(chunk, { stream: true });
      this.#more.resolve();
      this.#more = Promise.withResolvers();
    }
  }
}

/** Our own environment without what a server would read as settings. */
function plainEnvironment(): Record<string, string | undefined> {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !SETTING.test(name)));
}
