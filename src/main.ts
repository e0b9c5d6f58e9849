// pounce: from arguments to a command, a master or a worker. The only place that ends the process.
import { becomeBun, isCalledAsBun } from "./plain-bun.ts";
import { forgetSignals } from "./signals.ts";

const WORKER = /^worker \d+ generation \d+ slot \d+$/;

/** Resolves with the exit code. What one kind of process needs is loaded by it alone. */
async function main(argv: readonly string[]): Promise<number> {
  if (isCalledAsBun(process.argv0)) return becomeBun(process.argv0, argv);
  if (WORKER.test(argv.join(" ")) && process.send !== undefined) {
    forgetSignals();
    const { runWorker } = await import("./worker/worker.ts");
    return runWorker();
  }
  const { runCommand } = await import("./cli/main.ts");
  return runCommand(argv);
}

process.exit(await main(process.argv.slice(2)));
