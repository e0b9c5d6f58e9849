// The real surroundings of a master: this machine.
import { MetricsServer } from "../../admin/metrics-server.ts";
import type { LoadInput } from "../../config/load.ts";
import type { Logger } from "../../log/logger.ts";
import { logProblem } from "../../log/output.ts";
import { changedAmong } from "../../os/file-facts.ts";
import { here } from "../../platform.ts";
import { type StartCommand, Successor } from "../handover/successor.ts";
import { makePlan } from "../plan/make-plan.ts";
import { readPlan } from "../plan/read-plan.ts";
import { planTls, signatureOf } from "../plan/tls.ts";
import type { DevWatch, PageFiles, Surroundings } from "../surroundings.ts";
import { startProcess } from "../workers/start-process.ts";
import { WorkerProcess } from "../workers/worker-process.ts";
import { ahead, executableFiles, expectWorker } from "./ahead.ts";
import { realClock } from "./clock.ts";
import { startCommand } from "./command.ts";
import { realPages } from "./pages.ts";
import { otherProcess } from "./other-process.ts";
import { realProcess } from "./process.ts";
import { realSockets } from "./sockets.ts";

/** Sockets that were passed on are no part of what is checked. */
const PASSED: readonly string[] = [];

/**
 * @param command how this process was started
 * @param dev who hears of versions of the app
 */
export function realSurroundings(
  input: LoadInput,
  command: StartCommand,
  log: Logger,
  dev: DevWatch | undefined,
): Surroundings {
  return {
    dev,
    system: here,
    clock: realClock,
    process: realProcess,
    spawnWorker: (identity, start, callbacks) =>
      new WorkerProcess(
        identity,
        start,
        callbacks,
        (wanted) => ahead.take(wanted) ?? startProcess(wanted),
      ),
    expectWorker,
    startCommand: (wanted, callbacks) => {
      const executable = executableFiles(input.cwd).of(wanted.generation);
      return startCommand(wanted, executable, callbacks);
    },
    otherProcess,
    startSuccessor: (callbacks) => new Successor(command, callbacks),
    sockets: realSockets,
    pages: { ...realPages, create: newPage },
    configuration: {
      read: (held, done, failed) => void makePlan(input, held).then(done, failed),
      check: (heldPort, done, failed) =>
        void readPlan(input, heldPort, PASSED).then((result) => {
          done(result.ok ? undefined : result.errors.join("\n"));
        }, failed),
    },
    certificateFiles: {
      read: (config, done, failed) => void planTls(config).then(done, failed),
      signature: ({ pairs }) => signatureOf(pairs),
    },
    certificateOrders: (done) => void import("./orders.ts").then((it) => done(it.realOrders)),
    makeLogs: ({ config, runsAs }) => runsAs && logProblem(config, runsAs.identity),
    changedFiles: changedAmong,
    executables: executableFiles(input.cwd),
    log,
    serveMetrics: (text, onProblem) => new MetricsServer(text, onProblem),
  };
}

/** For a worker whose process waits already, the page that it has inherited. */
function newPage(): ReturnType<PageFiles["create"]> {
  const descriptor = ahead.takePage();
  return descriptor === undefined ? realPages.create() : { descriptor };
}
