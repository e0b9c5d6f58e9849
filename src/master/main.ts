// Starts a master: the configuration, the address, the pid file, then the control loop. A master
// that takes over from another first gets what that one offers; the rest comes with the server.
import type { openControlSocket as OpenControlSocket } from "../admin/start.ts";
import { EXIT_CODE } from "../exit-codes.ts";
import type { LoadInput } from "../config/load.ts";
import { runtimeNotes } from "../config/sources/runtime-variables.ts";
import { Logger } from "../log/logger.ts";
import { flushSinks } from "../log/sink.ts";
import { releaseCodePages } from "../os/code-pages.ts";
import { explain } from "../os/shortage.ts";
import { here, platform, servingProblem } from "../platform.ts";
import { onSignal, terminal } from "../signals.ts";
import { invokedPath } from "./plan/executable-file.ts";
import { isSuccessor } from "./handover/environment.ts";
import { KeptFiles } from "./host/kept-files.ts";
import { Master } from "./master.ts";
import { realClock } from "./host/real-clock.ts";
import { serverCard } from "./reports/server-card.ts";
import { realSurroundings } from "./host/real-surroundings.ts";
import { removePidFile, writePidFile } from "./host/pid-file.ts";
import { makePlan, type PlanResult } from "./plan/plan.ts";
import type { Predecessor } from "./handover/predecessor.ts";
import { masterTitle, setProcessTitle } from "./host/process-title.ts";
import type { ServiceManager } from "./host/service-manager.ts";
import { untilAllSilent } from "./workers/worker-output.ts";

/** How long the control socket may delay telling the service manager that the server is up. */
const REACHABLE_MS = 2000;
/** How long the end may be delayed for the output of workers, if the log is read slowly. */
const LAST_WORDS_MS = 1000;

const NOTHING_HELD = { port: undefined, addresses: [] };

/** The control socket's own code is not needed before the workers are on their way. */
async function openControlSocket(...args: Parameters<typeof OpenControlSocket>) {
  const { openControlSocket: open } = await import("../admin/start.ts");
  return open(...args);
}

/** Few masters take over from another. */
async function openPredecessor(): Promise<Predecessor> {
  const { Predecessor: Found } = await import("./handover/predecessor.ts");
  const { predecessorChannel } = await import("./handover/predecessor-channel.ts");
  return new Found(predecessorChannel, realClock);
}

/**
 * The service manager that waits to hear from this process, if there is one.
 * @param waits see `ServiceManager`
 */
async function findServiceManager(
  env: NodeJS.ProcessEnv,
  waits: boolean,
): Promise<ServiceManager | undefined> {
  const address = env["NOTIFY_SOCKET"];
  if (address === undefined || address === "" || !here.hasLibc) return undefined;
  const { ServiceManager: Found } = await import("./host/service-manager.ts");
  return new Found(address, env, waits);
}

/**
 * If the system refuses something while a plan is made, that is not our fault: it needs no stack.
 */
function notPlanned(error: unknown): PlanResult {
  return { ok: false, cause: "config", errors: [explain(error)] };
}

/** The first process of a container inherits every orphan in it. Elsewhere init does. */
async function reapAsInit(master: Master): Promise<void> {
  const { startReaper } = await import("../os/reaper.ts");
  startReaper((pid) => master.hasWorker(pid));
}

/**
 * Runs this process as a master. Resolves with the exit code.
 * @param report says why there is no server, before there is a log
 */
export async function runMaster(
  input: LoadInput,
  report: (problem: string) => void,
): Promise<number> {
  const unsupported = servingProblem(platform);
  if (unsupported !== undefined) {
    report(unsupported);
    return EXIT_CODE.usage;
  }
  const takesOver = isSuccessor();
  const manager = await findServiceManager(process.env, takesOver);
  const { cwd } = input;
  const path = invokedPath(process.argv0, cwd, process.execPath);
  const command = { path, argv: process.argv.slice(2), cwd };
  const predecessor = takesOver ? await openPredecessor() : undefined;
  const tell = (problem: string): void => {
    if (predecessor === undefined) report(problem);
    else predecessor.send({ type: "failed", reason: problem });
  };
  const refused = await new Promise<string | undefined>((resolve) =>
    predecessor === undefined ? resolve(undefined) : predecessor.open(resolve),
  );
  if (refused !== undefined) {
    tell(refused);
    return EXIT_CODE.failed;
  }
  const result = await makePlan(input, predecessor?.held ?? NOTHING_HELD).catch(notPlanned);
  if (!result.ok) {
    if (predecessor === undefined) for (const error of result.errors) tell(error);
    else tell(result.errors.join("\n"));
    return result.cause === "address" ? EXIT_CODE.address : EXIT_CODE.usage;
  }
  const { plan, warnings } = result;
  const { pidFile } = plan.config;
  const writesPidFile = pidFile !== undefined && predecessor === undefined;
  const problem = writesPidFile ? writePidFile(pidFile) : undefined;
  if (problem !== undefined) {
    tell(problem);
    return EXIT_CODE.usage;
  }
  setProcessTitle(masterTitle(plan.config.file, plan.settings.appLabel));
  const logger = new Logger(plan.config.log);
  for (const note of runtimeNotes(input.env)) logger.log("warn", "runtime-variable", note);
  for (const warning of warnings) logger.log("warn", "config-warning", warning);
  const { name, limits } = here;
  if (limits.length > 0) logger.log("info", "platform", `On ${name} ${limits.join("; ")}`);
  const openSocket = () => {
    const { config } = plan;
    const { control } = master;
    const card = (socket: string) =>
      serverCard({ config, path: socket, control, logFile: logger.file });
    return openControlSocket({ config, control, card, logger }, predecessor?.pid);
  };
  const kept: KeptFiles = new KeptFiles(pidFile, openSocket, (reason) => {
    const effect = "commands cannot reach this server, only signals can";
    logger.log("warn", "no-control-socket", `No control socket: ${reason}; ${effect}`);
  });
  let opened: Promise<void> | undefined;
  const surroundings = realSurroundings(input, command, logger);
  const master: Master = new Master(surroundings, plan, {
    predecessor,
    onServer: () => {
      const replaces = predecessor !== undefined;
      const old = predecessor?.pid;
      const failed = replaces && pidFile !== undefined ? writePidFile(pidFile, old) : undefined;
      if (failed !== undefined) logger.log("warn", "no-pid-file", failed);
      // Not awaited: at a start the workers come first, and are on their way by then.
      opened = Promise.resolve().then(() => kept.keep());
      void Promise.race([opened, Bun.sleep(REACHABLE_MS)]).then(() => {
        manager?.reachable();
        if (replaces) manager?.takeOver();
      });
    },
    onHandedOver: (pid) => {
      kept.leave();
      manager?.handOver(pid);
    },
    onTurn: (state) => manager?.observe(state),
  });
  process.on("uncaughtException", (error) => master.fail(error));
  process.on("unhandledRejection", (error) => master.fail(error));
  manager?.attach(() => master.turn(), logger.log);
  const ended = master.run();
  onSignal((signal) => master.signal(signal));
  terminal.watch();
  if (process.pid === 1 && here.hasLibc) void reapAsInit(master);
  releaseCodePages();
  const code = await ended;
  manager?.close();
  await opened;
  await kept.close();
  if (pidFile !== undefined) removePidFile(pidFile);
  await untilAllSilent(LAST_WORDS_MS);
  await flushSinks(LAST_WORDS_MS);
  return code;
}
