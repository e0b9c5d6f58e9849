// Runs a process as a master: what it needs before it can serve (prepare.ts), then the control loop
// (master.ts), then the end. A successor gets the server later, from its predecessor.
import type { openControlSocket as OpenControlSocket } from "../admin/start.ts";
import type { LoadInput } from "../config/load.ts";
import { runtimeNotes } from "../config/sources/runtime-variables.ts";
import { STANDING, STEPS } from "../core/log-events.ts";
import { EXIT_CODE } from "../exit-codes.ts";
import { launcherPath } from "../launcher.ts";
import { Logger } from "../log/logger.ts";
import { flushSinks } from "../log/sink.ts";
import { releaseCodePages } from "../os/code-pages.ts";
import { isOwnChild } from "../os/own-children.ts";
import { here } from "../platform.ts";
import { onSignal, terminal } from "../signals.ts";
import type { Ownership } from "./handover/ownership.ts";
import { KeptFiles } from "./host/kept-files.ts";
import { removePidFile, writePidFile } from "./host/pid-file.ts";
import { masterTitle, setProcessTitle } from "./host/process-title.ts";
import { realSurroundings } from "./real/surroundings.ts";
import { Master } from "./master.ts";
import type { DevServer, DevWatch } from "./surroundings.ts";
import { invokedPath } from "./plan/executable-file.ts";
import { prepare, type Prepared } from "./prepare.ts";
import { serverCard } from "./reports/server-card.ts";
import { untilAllSilent } from "./workers/worker-output.ts";

/** How long the control socket may delay telling the service manager that the server is up. */
const REACHABLE_MS = 2000;
/** How long the end may be delayed for the output of workers, if the log is read slowly. */
const LAST_WORDS_MS = 1000;

type MakeDev = (server: DevServer) => DevWatch & { readonly close: () => void };

/** The control socket's own code is not needed before the workers are on their way. */
async function openControlSocket(...args: Parameters<typeof OpenControlSocket>) {
  const { openControlSocket: open } = await import("../admin/start.ts");
  return open(...args);
}

/** The first process of a container inherits every orphan in it. Elsewhere init does. */
async function reapAsInit(master: Master): Promise<void> {
  const { startReaper } = await import("../os/reaper.ts");
  startReaper((pid) => master.hasWorker(pid) || isOwnChild(pid));
}

/**
 * Runs this process as a master. Resolves with the exit code.
 * @param report says why there is no server, before there is a log
 * @param makeDev for the person who writes the app, who hears of its versions
 */
export async function runMaster(
  input: LoadInput,
  report: (problem: string) => void,
  makeDev?: MakeDev,
): Promise<number> {
  const prepared = await prepare(input, report);
  if (!prepared.ok) return prepared.exitCode;
  const code = await serve(input, prepared, makeDev);
  const { file } = prepared.plan.config.log;
  const isSeen = file === undefined || prepared.predecessor !== undefined;
  if (code === EXIT_CODE.failed && !isSeen) report(`the server has failed: ${file} says why`);
  return code;
}

async function serve(
  input: LoadInput,
  prepared: Prepared,
  makeDev: MakeDev | undefined,
): Promise<number> {
  const { plan, manager, predecessor } = prepared;
  const { config } = plan;
  setProcessTitle(masterTitle(config.file, plan.settings.appLabel, input.isDev));
  const logger = openLog(input, prepared);
  const dev = makeDev?.({
    log: logger.log,
    reload: (by) => master.loop.dispatch({ type: "reload-requested", by }),
  });
  dev?.onPlan(plan);
  const openSocket = () => {
    const { control } = master;
    // Whoever names the file means the server in production.
    const named = input.isDev === true ? { ...config, file: undefined } : config;
    const card = (path: string) =>
      serverCard({ config: named, path, control, logFile: logger.file });
    return openControlSocket({ config: named, control, card, logger }, predecessor?.pid);
  };
  const tellNoSocket = (reason: string): void => {
    const effect = "commands cannot reach this server, only signals can";
    logger.log("warn", "no-control-socket", `No control socket: ${reason}; ${effect}`);
  };
  const kept = new KeptFiles(config.pidFile, openSocket, tellNoSocket, predecessor?.pid);
  const { argv, argv0, execPath, pid } = process;
  const path = launcherPath() ?? invokedPath(argv0, input.cwd, execPath);
  const command = { path, argv: argv.slice(2), cwd: input.cwd };
  const ownership = ownershipOf(prepared, kept, logger);
  const master: Master = new Master(realSurroundings(input, command, logger, dev), plan, ownership);
  process.on("uncaughtException", (error) => master.fail(error));
  process.on("unhandledRejection", (error) => master.fail(error));
  manager?.attach(() => master.turn(), logger.log);
  const ended = master.run();
  onSignal((signal) => master.signal(signal));
  terminal.watch();
  if (pid === 1 && here.hasLibc) void reapAsInit(master);
  releaseCodePages();
  const code = await ended;
  manager?.close();
  dev?.close();
  await kept.close();
  if (config.pidFile !== undefined) removePidFile(config.pidFile);
  await untilAllSilent(LAST_WORDS_MS);
  await flushSinks(LAST_WORDS_MS);
  return code;
}

/** The log, with what there is to say before anything has happened. */
function openLog({ env, isDev }: LoadInput, { plan, warnings }: Prepared): Logger {
  const inDev = isDev === true ? ([STEPS, STANDING] as const) : [];
  const logger = new Logger(plan.config.log, ...inDev);
  for (const note of runtimeNotes(env)) logger.log("warn", "runtime-variable", note);
  for (const warning of warnings) logger.log("warn", "config-warning", warning);
  const { name, limits } = here;
  if (limits.length > 0) logger.log("info", "platform", `On ${name} ${limits.join("; ")}`);
  return logger;
}

/** What happens outside the control loop when this process gets the server, and leaves it. */
function ownershipOf(
  { plan, manager, predecessor }: Prepared,
  kept: KeptFiles,
  logger: Logger,
): Ownership {
  const { pidFile } = plan.config;
  return {
    predecessor,
    onServer: () => {
      const replaces = predecessor !== undefined;
      const old = predecessor?.pid;
      const failed = replaces && pidFile !== undefined ? writePidFile(pidFile, old) : undefined;
      if (failed !== undefined) logger.log("warn", "no-pid-file", failed);
      // Not at once: at a start the workers come first.
      const isKept = Promise.resolve().then(() => kept.keep());
      void Promise.race([isKept, Bun.sleep(REACHABLE_MS)]).then(() => {
        manager?.reachable();
        if (replaces) manager?.takeOver();
      });
    },
    onHandedOver: (pid) => {
      kept.leave();
      manager?.handOver(pid);
    },
    onTurn: (state) => manager?.observe(state),
  };
}
