// What each signal asks of the server: it turns a signal into an event for the control loop
// (core/step.ts). Only the logs are reopened at once, since that needs no decision.
import { message as words } from "../core/messages.ts";
import type { MasterSignal } from "../signals.ts";
import type { ControlLoop } from "./loop.ts";
import type { ServerLog, Surroundings } from "./surroundings.ts";
import type { Workers } from "./workers/workers.ts";

export interface SignalTargets {
  readonly loop: Pick<ControlLoop, "dispatch">;
  readonly workers: Workers;
  readonly surroundings: Surroundings;
}

/** Does what a signal asks for. */
export function onMasterSignal(
  { loop, workers, surroundings }: SignalTargets,
  signal: MasterSignal,
): void {
  switch (signal) {
    case "SIGHUP":
      if (surroundings.process.isHangup()) return loop.dispatch({ type: "terminal-closed" });
      return loop.dispatch({ type: "reload-requested", by: signal });
    case "SIGTERM":
      return loop.dispatch({ type: "stop-requested", mode: "graceful", signal });
    case "SIGINT":
      return loop.dispatch({ type: "stop-requested", mode: "impatient", signal });
    case "SIGQUIT":
      return loop.dispatch({ type: "stop-requested", mode: "now", signal });
    case "SIGTTIN":
      return loop.dispatch({ type: "scale-requested", to: "one-more", by: signal });
    case "SIGTTOU":
      return loop.dispatch({ type: "scale-requested", to: "one-fewer", by: signal });
    case "SIGUSR1":
      reopenLog(surroundings.log, signal);
      return workers.reopenLogs();
    case "SIGUSR2": {
      if (surroundings.dev !== undefined) {
        const about = { by: signal };
        return surroundings.log.log("warn", "handover-ignored", words.handoverInDev(signal), about);
      }
      const supervision = surroundings.process.supervision();
      return loop.dispatch({ type: "handover-requested", by: signal, supervision });
    }
    default:
      signal satisfies never;
  }
}

/** Reopens the log file, because somebody has moved it away and asks for that by a signal. */
function reopenLog(logger: ServerLog, by: string): void {
  const { file } = logger;
  if (file === undefined) {
    return logger.log("warn", "log-reopen-ignored", words.logIsNoFile(by), { by });
  }
  const reason = logger.reopen();
  if (reason === undefined) {
    return logger.log("info", "log-reopened", words.logReopened(by, file), { by, file });
  }
  const about = { by, file, reason };
  logger.log("error", "log-not-reopened", words.logNotReopened(by, reason), about);
}
