// pounce: from arguments to a command, a master, a worker, a client of a load, or an order for a
// certificate. The only place that ends the process.
import { fstatSync } from "node:fs";
import { EXIT_CODE } from "./exit-codes.ts";
import { areOfOrder } from "./acme/order-messages.ts";
import { areOfCommand } from "./ipc/command-order.ts";
import { CLIENT_CHANNEL, WORKER_CHANNEL } from "./ipc/inherited.ts";
import { areOfWorker } from "./ipc/worker-name.ts";
import { BECOME_VARIABLE } from "./os/become.ts";
import { becomeBun, isCalledAsBun } from "./plain-bun.ts";
import { areOfClient } from "./prove/load/client-name.ts";
import { forgetSignals } from "./signals.ts";

/** Whether a process of ours has started this, and has given it the descriptor to talk over. */
function hasChannel(descriptor: number): boolean {
  try {
    return fstatSync(descriptor).isSocket();
  } catch {
    return false;
  }
}

async function beWorker(argv: readonly string[]): Promise<void> {
  const order = process.env[BECOME_VARIABLE];
  if (order !== undefined) {
    const { becomeWorker } = await import("./worker/become.ts");
    becomeWorker(order, argv);
    process.exit(EXIT_CODE.failed);
  }
  const { runWorker } = await import("./worker/main.ts");
  process.exit(await runWorker());
}

async function beCommand(): Promise<never> {
  const { becomeCommand } = await import("./worker/command-process.ts");
  console.error(becomeCommand(process.env[BECOME_VARIABLE] ?? ""));
  process.exit(EXIT_CODE.failed);
}

async function beClient(): Promise<never> {
  const { runClientProcess } = await import("./prove/load/client-process.ts");
  process.exit(await runClientProcess());
}

async function orderCertificate(): Promise<never> {
  const { runOrderProcess } = await import("./acme/order-process.ts");
  process.exit(await runOrderProcess());
}

/** Resolves with the exit code. What one kind of process needs is loaded by it alone. */
async function main(argv: readonly string[]): Promise<number> {
  if (isCalledAsBun(process.argv0)) return becomeBun(process.argv0, argv);
  const { endAhead, startAhead } = await import("./cli/start-ahead.ts");
  startAhead(argv);
  const { runCommand } = await import("./cli/main.ts");
  try {
    return await runCommand(argv);
  } finally {
    endAhead();
  }
}

const argv = process.argv.slice(2);
if (!isCalledAsBun(process.argv0) && areOfWorker(argv) && hasChannel(WORKER_CHANNEL)) {
  forgetSignals();
  // Not awaited: Bun emits `beforeExit`, which alive.ts needs, only when this module has ended.
  void beWorker(argv);
} else if (areOfClient(argv) && hasChannel(CLIENT_CHANNEL)) {
  forgetSignals();
  await beClient();
} else if (areOfCommand(argv) && process.env[BECOME_VARIABLE] !== undefined) {
  forgetSignals();
  await beCommand();
} else if (areOfOrder(argv) && hasChannel(CLIENT_CHANNEL)) {
  forgetSignals();
  await orderCertificate();
} else {
  process.exit(await main(argv));
}
