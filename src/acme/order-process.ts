// The process that orders a certificate: this executable, started by the master. It ends with the
// master, however that ends, and with it the port that it listens on and the lock that it holds.
import { closeSync, openSync } from "node:fs";
import { Channel } from "../ipc/channel.ts";
import { CLIENT_CHANNEL } from "../ipc/inherited.ts";
import { LOCK_EX, LOCK_NB } from "../os/constants.ts";
import { libc } from "../os/libc.ts";
import { here } from "../platform.ts";
import { version } from "../version.ts";
import type { OrderOutcome, OrderRequest } from "./order-messages.ts";
import { lockFile, prepareFolders } from "./store.ts";

/** Those that a terminal sends to all: the master decides. */
const OF_TERMINAL = ["SIGINT", "SIGQUIT", "SIGHUP"] as const;

/** Resolves with the exit code. */
export async function runOrderProcess(): Promise<number> {
  for (const signal of OF_TERMINAL) process.on(signal, () => undefined);
  return new Promise((exit) => {
    const channel = new Channel(CLIENT_CHANNEL, {
      onValue: (value) =>
        void outcomeOf(value as OrderRequest).then((outcome) => channel.send(outcome)),
      // The master has what it wanted, or has gone.
      onClosed: () => exit(0),
    });
  });
}

async function outcomeOf(request: OrderRequest): Promise<OrderOutcome> {
  try {
    const problem = prepareFolders(request.stateFolder, request.folder);
    if (problem !== undefined) return { kind: "failed", reason: problem };
    const lock = openSync(lockFile(request.folder), "a", 0o600);
    // The kernel gives the lock back when this process ends, however that is.
    const isFree = !here.hasLibc || libc().flock(lock, LOCK_EX | LOCK_NB) === 0;
    if (!isFree) {
      closeSync(lock);
      return { kind: "not-now" };
    }
    const { orderCertificate } = await import("./order.ts");
    return await orderCertificate(request, version);
  } catch (error) {
    return { kind: "failed", reason: error instanceof Error ? error.message : String(error) };
  }
}
