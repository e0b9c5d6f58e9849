// pounce: from arguments to a command, a master or a worker. The only place that ends the process.
import { fstatSync } from "node:fs";
import { WORKER_CHANNEL } from "./ipc/inherited.ts";
import { areOfWorker } from "./ipc/worker-name.ts";
import { becomeBun, isCalledAsBun } from "./plain-bun.ts";
import { forgetSignals } from "./signals.ts";

/** Whether a master has started this, and has given it the descriptor to talk over. */
function hasChannel(): boolean {
  try {
    return fstatSync(WORKER_CHANNEL).isSocket();
  } catch {
    return false;
  }
}

async function beWorker(): Promise<void> {
  const { runWorker } = await import("./worker/main.ts");
  process.exit(await runWorker());
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
if (!isCalledAsBun(process.argv0) && areOfWorker(argv) && hasChannel()) {
  forgetSignals();
  // Not awaited: Bun emits `beforeExit`, which alive.ts needs, only when this module has ended.
  void beWorker();
} else {
  process.exit(await main(argv));
}
