// The log of a process under test: every line of both streams in the order of arrival, and a way
// to wait for one instead of sleeping.

interface LogLine {
  stream: "stdout" | "stderr";
  text: string;
}

export interface WaitOptions {
  /** How many lines must match; the last of them is the answer. */
  count?: number;
  /** Only lines from this index on, as `mark()` gave it. */
  after?: number;
  timeoutMs?: number;
}

const DEFAULT_TIMEOUT_MS = 40_000;

export class LogBook {
  readonly lines: LogLine[] = [];
  readonly #watchers = new Set<() => void>();
  #ended = false;

  /** Everything written from now on has at least this index. */
  mark(): number {
    return this.lines.length;
  }

  /** The texts from an index on, without the timestamp before the level. */
  messages(after = 0): string[] {
    return this.lines.slice(after).map((line) => line.text.replace(/^\S+ (?=\[[A-Z]+\] )/, ""));
  }

  matching(pattern: RegExp | string, after = 0): string[] {
    return this.messages(after).filter((text) => matches(text, pattern));
  }

  /**
   * Resolves with the line; fails with the whole log if it does not come. What was written before
   * it to the other stream is in the log by then.
   */
  waitFor(pattern: RegExp | string, options: WaitOptions = {}): Promise<string> {
    const { count = 1, after = 0, timeoutMs = DEFAULT_TIMEOUT_MS } = options;
    const { promise, resolve, reject } = Promise.withResolvers<string>();
    const fail = (why: string): void => {
      settle();
      reject(new Error(`no ${count} line(s) like ${pattern} ${why}; the log:\n${this.text()}`));
    };
    const timer = setTimeout(() => fail(`within ${timeoutMs} ms`), timeoutMs);
    const look = (): void => {
      const found = this.matching(pattern, after)[count - 1];
      if (found !== undefined) {
        settle();
        // If this process was held up, both streams are ready, and one of them is read first.
        setImmediate(() => resolve(found));
      } else if (this.#ended) {
        fail("before the output ended");
      }
    };
    const settle = (): void => {
      clearTimeout(timer);
      this.#watchers.delete(look);
    };
    this.#watchers.add(look);
    look();
    return promise;
  }

  text(): string {
    return this.lines
      .map((line) => `${line.stream === "stderr" ? "!" : " "} ${line.text}`)
      .join("\n");
  }

  /** Reads both streams to their end. */
  async follow(
    stdout: ReadableStream<Uint8Array>,
    stderr: ReadableStream<Uint8Array>,
  ): Promise<void> {
    await Promise.all([this.#read(stdout, "stdout"), this.#read(stderr, "stderr")]);
    this.#ended = true;
    this.#notify();
  }

  async #read(from: ReadableStream<Uint8Array>, stream: LogLine["stream"]): Promise<void> {
    const decoder = new TextDecoder();
    let rest = "";
    for await (const bytes of from) {
      const parts = (rest + decoder.decode(bytes, { stream: true })).split("\n");
      rest = parts.pop() ?? "";
      for (const text of parts) this.lines.push({ stream, text });
      this.#notify();
    }
    if (rest !== "") this.lines.push({ stream, text: rest });
  }

  #notify(): void {
    for (const watcher of this.#watchers) watcher();
  }
}

function matches(text: string, pattern: RegExp | string): boolean {
  return typeof pattern === "string" ? text.includes(pattern) : pattern.test(text);
}
