// Starts a master: the configuration, the address, the pid file, then the control loop.
import { EXIT_CODE } from "../cli/exit-codes.ts";
import type { LoadInput } from "../config/load.ts";
import { createLog } from "../log/logger.ts";
import { releaseCodePages } from "../net/code-pages.ts";
import { onSignal } from "../signals.ts";
import { Master } from "./master.ts";
import { removePidFile, writePidFile } from "./pid-file.ts";
import { makePlan } from "./plan.ts";
import { setProcessTitle } from "./process-title.ts";

/** Runs this process as a master. Resolves with the exit code. */
export async function runMaster(input: LoadInput): Promise<number> {
  const result = await makePlan(input, { port: undefined, addresses: [] });
  if (!result.ok) {
    for (const error of result.errors) process.stderr.write(`pounce: ${error}\n`);
    return result.cause === "address" ? EXIT_CODE.address : EXIT_CODE.usage;
  }
  const { plan, warnings } = result;
  const { pidFile } = plan.config;
  const pidProblem = pidFile === undefined ? undefined : writePidFile(pidFile);
  if (pidProblem !== undefined) {
    process.stderr.write(`pounce: ${pidProblem}\n`);
    return EXIT_CODE.usage;
  }
  setProcessTitle(`pounce master ${plan.config.file ?? plan.settings.appLabel}`);
  const log = createLog();
  for (const warning of warnings) log("warn", "config-warning", warning);
  const master = new Master(input, plan, log);
  const ended = master.run();
  onSignal((signal) => master.signal(signal));
  releaseCodePages();
  const code = await ended;
  if (pidFile !== undefined) removePidFile(pidFile);
  return code;
}
