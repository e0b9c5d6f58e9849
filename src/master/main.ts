// Starts a master: the configuration, the address, the pid file, then the control loop.
import type { openControlSocket as OpenControlSocket } from "../admin/start.ts";
import { EXIT_CODE } from "../cli/exit-codes.ts";
import type { LoadInput } from "../config/load.ts";
import { Logger } from "../log/logger.ts";
import { logProblem } from "../log/output.ts";
import { releaseCodePages } from "../net/code-pages.ts";
import { servingProblem } from "../platform.ts";
import { onSignal } from "../signals.ts";
import { Master } from "./master.ts";
import { removePidFile, writePidFile } from "./pid-file.ts";
import { makePlan } from "./plan.ts";
import { setProcessTitle } from "./process-title.ts";

/** The control socket's own code is not needed before the workers are on their way. */
async function openControlSocket(...args: Parameters<typeof OpenControlSocket>) {
  const { openControlSocket: open } = await import("../admin/start.ts");
  return open(...args);
}

/** Runs this process as a master. Resolves with the exit code. */
export async function runMaster(input: LoadInput): Promise<number> {
  const unsupported = servingProblem(process.platform);
  if (unsupported !== undefined) {
    process.stderr.write(`pounce: ${unsupported}\n`);
    return EXIT_CODE.usage;
  }
  const result = await makePlan(input, { port: undefined, addresses: [] });
  if (!result.ok) {
    for (const error of result.errors) process.stderr.write(`pounce: ${error}\n`);
    return result.cause === "address" ? EXIT_CODE.address : EXIT_CODE.usage;
  }
  const { plan, warnings } = result;
  const { pidFile } = plan.config;
  const problem =
    logProblem(plan.config.log) ?? (pidFile === undefined ? undefined : writePidFile(pidFile));
  if (problem !== undefined) {
    process.stderr.write(`pounce: ${problem}\n`);
    return EXIT_CODE.usage;
  }
  setProcessTitle(`pounce master ${plan.config.file ?? plan.settings.appLabel}`);
  const logger = new Logger(plan.config.log);
  for (const warning of warnings) logger.log("warn", "config-warning", warning);
  const master = new Master(input, plan, logger);
  const ended = master.run();
  onSignal((signal) => master.signal(signal));
  releaseCodePages();
  // Not waited for: it comes after the workers, who are on their way by now.
  const opened = openControlSocket(plan.config, master.control, logger.log);
  const code = await ended;
  (await opened)?.close();
  if (pidFile !== undefined) removePidFile(pidFile);
  return code;
}
