// The real surroundings of a master: this machine.
import { MetricsServer } from "../../admin/metrics-server.ts";
import type { LoadInput } from "../../config/load.ts";
import { embeddedApp } from "../../embedded-app.ts";
import type { Logger } from "../../log/logger.ts";
import { here } from "../../platform.ts";
import { type StartCommand, Successor } from "../handover/successor.ts";
import { ExecutableFiles } from "../plan/executable-file.ts";
import { makePlan } from "../plan/plan.ts";
import type { Surroundings } from "../surroundings.ts";
import { WorkerProcess } from "../workers/worker-process.ts";
import { realClock } from "./clock.ts";
import { realPages } from "./pages.ts";
import { otherProcess } from "./other-process.ts";
import { realProcess } from "./process.ts";
import { realSockets } from "./sockets.ts";

/** @param command how this process was started */
export function realSurroundings(
  input: LoadInput,
  command: StartCommand,
  log: Logger,
): Surroundings {
  return {
    system: here,
    clock: realClock,
    process: realProcess,
    spawnWorker: (...how) => new WorkerProcess(...how),
    otherProcess,
    startSuccessor: (callbacks) => new Successor(command, callbacks),
    sockets: realSockets,
    pages: realPages,
    configuration: { read: (held, done, failed) => void makePlan(input, held).then(done, failed) },
    executables: new ExecutableFiles(command.path, embeddedApp() !== undefined),
    log,
    serveMetrics: (text, onProblem) => new MetricsServer(text, onProblem),
  };
}
