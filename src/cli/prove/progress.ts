// What `pounce prove` shows while it runs: one line that lives on a terminal, a line for each
// reload elsewhere.
import { isTerminal } from "../../os/is-terminal.ts";
import type { Reload } from "../../prove/evidence.ts";
import { newConnections } from "../../prove/report-lines.ts";
import { lossesOf } from "../../prove/load/result.ts";
import type { Progress, Watcher } from "../../prove/run.ts";
import { firstLine } from "../../prove/verdict.ts";
import { counted, shortTime } from "../../prove/words.ts";
import { printLater } from "../print.ts";
import { report, STDOUT } from "../report.ts";

const DRAW_MS = 200;
const COLUMNS = 80;
const CLEAR_TO_END = "\x1b[K";

/** Shows nothing where a program reads. */
export const SILENT: Watcher = {
  began: () => undefined,
  reloaded: () => undefined,
  ended: () => undefined,
};

export function progressWatcher(): Watcher {
  return isTerminal(STDOUT) ? liveLine() : linePerReload();
}

function linePerReload(): Watcher {
  return {
    ...SILENT,
    reloaded: (reload, progress) => report.log(reloadedLine(reload, progress)),
  };
}

function liveLine(): Watcher {
  let timer: ReturnType<typeof setInterval> | undefined;
  return {
    ...SILENT,
    began(progress) {
      const draw = (): void => {
        const columns = process.stdout.columns || COLUMNS;
        // One column is left free: a full line may wrap.
        printLater(`\r${progressLine(progress()).slice(0, columns - 1)}${CLEAR_TO_END}`);
      };
      timer = setInterval(draw, DRAW_MS);
      draw();
    },
    ended() {
      clearInterval(timer);
      printLater(`\r${CLEAR_TO_END}`);
    },
  };
}

/** `reload 3 of 10, 45,678 requests, 0 lost, 9,876 new connections/s, 4.2 s` */
export function progressLine(progress: Progress): string {
  const { elapsedMs, reload, reloads, load } = progress;
  const perSecond = Math.round(newConnections(load.result) / Math.max(elapsedMs / 1000, 0.001));
  return [
    `reload ${reload} of ${reloads}`,
    seen(progress),
    `${counted(perSecond)} new connections/s`,
    `${(elapsedMs / 1000).toFixed(1)} s`,
  ].join(", ");
}

/** `reload 3 of 10: new after 45ms, old gone 1.2s later; 45,678 requests, 0 lost` */
export function reloadedLine(reload: Reload, progress: Progress): string {
  return `reload ${reload.number} of ${progress.reloads}: ${howOf(reload)}; ${seen(progress)}`;
}

function howOf({ version, outcome, reason, readyMs, drainMs }: Reload): string {
  if (version !== "good") {
    return `${version}, and is ${outcome === "rejected" ? "rejected" : "ACCEPTED"}`;
  }
  if (outcome === "rejected") return `rejected: ${firstLine(reason)}`;
  if (readyMs === undefined) return "done";
  const drained = drainMs === undefined ? "" : `, old gone ${shortTime(drainMs)} later`;
  return `new after ${shortTime(readyMs)}${drained}`;
}

function seen({ load }: Progress): string {
  const { modes } = load.result;
  const requests = modes.reduce((sum, mode) => sum + mode.requests, 0);
  const lost = modes.reduce((sum, mode) => sum + lossesOf(mode), 0);
  return `${counted(requests, "request")}, ${counted(lost)} lost`;
}
