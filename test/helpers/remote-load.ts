// Load and single requests from inside the network namespace of another process.
import { fileURLToPath } from "node:url";
import type { LoadOptions, LoadResult } from "./load.ts";

export type Order =
  | { do: "start"; options: LoadOptions }
  | { do: "until-more"; count: number }
  | { do: "stop" }
  | { do: "ask"; port: number; path: string; timeoutMs: number };

export type Answer =
  { id: number; ok: true; value: unknown } | { id: number; ok: false; reason: string };

interface SmallReply {
  status: number;
  text: string;
}

const script = fileURLToPath(new URL("load-process.ts", import.meta.url));

/** A client that lives in the network namespace of process `pid`. */
export class RemoteClient {
  readonly #waiting = new Map<number, PromiseWithResolvers<unknown>>();
  readonly #process: Bun.Subprocess;
  #next = 0;

  constructor(pid: number) {
    this.#process = Bun.spawn(["nsenter", "-t", String(pid), "-n", process.execPath, script], {
      stdio: ["ignore", "inherit", "inherit"],
      serialization: "json",
      ipc: (message: Answer) => this.#receive(message),
      onExit: () => {
        for (const { reject } of this.#waiting.values()) reject(new Error("the client has ended"));
      },
    });
  }

  /** The reply to a request on a connection of its own; rejects when there is none. */
  ask(port: number, path = "/", timeoutMs = 15_000): Promise<SmallReply> {
    return this.#order({ do: "ask", port, path, timeoutMs }) as Promise<SmallReply>;
  }

  async startLoad(options: LoadOptions): Promise<void> {
    await this.#order({ do: "start", options });
  }

  /** Resolves when each mode of the load has had `count` more good replies than now. */
  async untilMore(count: number): Promise<void> {
    await this.#order({ do: "until-more", count });
  }

  stopLoad(): Promise<LoadResult> {
    return this.#order({ do: "stop" }) as Promise<LoadResult>;
  }

  async dispose(): Promise<void> {
    this.#process.kill("SIGKILL");
    await this.#process.exited;
  }

  #order(order: Order): Promise<unknown> {
    const id = this.#next++;
    const waiting = Promise.withResolvers<unknown>();
    this.#waiting.set(id, waiting);
    this.#process.send({ id, order });
    return waiting.promise;
  }

  #receive(answer: Answer): void {
    const waiting = this.#waiting.get(answer.id);
    this.#waiting.delete(answer.id);
    if (answer.ok) waiting?.resolve(answer.value);
    else waiting?.reject(new Error(answer.reason));
  }
}
