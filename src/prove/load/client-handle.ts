// A client process, from the side that starts it; the other side is in client-process.ts.
import { Channel } from "../../ipc/channel.ts";
import { CLIENT_CHANNEL } from "../../ipc/inherited.ts";
import { clientArguments } from "./client-name.ts";
import type { FromClient, Reports, Start, ToClient } from "./messages.ts";

export class ClientProcess {
  /** Resolves when its last report has come. Rejects if it cannot go on, or has ended before. */
  readonly last: Promise<void>;
  readonly #last = Promise.withResolvers<void>();
  readonly pid: number;
  readonly #channel: Channel;

  /** Throws if it cannot be started. */
  constructor(
    command: readonly string[],
    start: Start,
    readonly onReport: (reports: Reports, stalledMs: number) => void,
  ) {
    this.last = this.#last.promise;
    const stdio: ["ignore", "ignore", "inherit", "pipe"] = ["ignore", "ignore", "inherit", "pipe"];
    const { pid, stdio: ends } = Bun.spawn([...command, ...clientArguments(start.process)], {
      argv0: "pounce",
      stdio,
    });
    this.pid = pid;
    this.#channel = new Channel(Number(ends[CLIENT_CHANNEL]), {
      onValue: (value) => this.#onMessage(value as FromClient),
      onClosed: () => this.#last.reject(new Error(`load client ${start.process} has ended`)),
    });
    this.#send(start);
  }

  /** Lets its clients finish what they have begun. Resolves or rejects as `last`. */
  stop(): Promise<void> {
    this.#send({ type: "stop" });
    return this.last;
  }

  /** Ends it at once: it ends when it is alone. */
  end(): void {
    this.#channel.close();
  }

  #send(message: ToClient): void {
    this.#channel.send(message);
  }

  #onMessage(message: FromClient): void {
    if (message.type === "failed") {
      this.#last.reject(new Error(`the load cannot go on: ${message.words}`));
      return;
    }
    this.onReport(message.reports, message.stalledMs);
    if (message.type === "last-report") this.#last.resolve();
  }
}
