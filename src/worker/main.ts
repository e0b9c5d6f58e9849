// Runs a process as a worker, and chooses by system how; opens the channel to its master.
import { Channel } from "../ipc/channel.ts";
import { WORKER_CHANNEL } from "../ipc/inherited.ts";
import type { FromWorker } from "../ipc/messages.ts";
import { readToWorker } from "../ipc/read-message.ts";
import { flushSinks } from "../log/sink.ts";
import { here } from "../platform.ts";
import { version } from "../version.ts";
import type { Servers } from "./serve/servers.ts";
import { linux } from "./linux.ts";
import { completePromise } from "./handle/complete-promise.ts";
import type { System } from "./system.ts";
import { Worker } from "./worker.ts";

/** How long to wait, at the end, for a reader of the log that takes nothing. */
const LAST_LINES_MS = 200;

/** Runs this process as a worker. Resolves with the exit code. */
export async function runWorker(): Promise<number> {
  // Where processes share addresses, the code for the other way is not loaded.
  if (here.sharesAddresses) return runOn(linux);
  const { solo } = await import("./solo/system.ts");
  return runOn(solo);
}

async function runOn<S extends Servers>(system: System<S>): Promise<number> {
  system.nameProcess();
  completePromise();
  const code = await new Promise<number>((exit) => {
    const callbacks = {
      onValue: (value: unknown): void => {
        const message = readToWorker(value);
        if (message !== undefined) void worker.receive(message);
      },
      onClosed: () => void worker.orphan(),
    };
    const channel: Channel = new Channel(WORKER_CHANNEL, callbacks, false);
    const worker = new Worker(system, channel, exit);
    channel.send({ type: "started", version } satisfies FromWorker);
  });
  await flushSinks(LAST_LINES_MS);
  return code;
}
