// Imported by an app: notes how long each turn of its worker's event loop is, in CPU time of the
// thread, as other processes have the processors at times.
//
// There is one `setImmediate` in each turn, so what is between two of them is one turn. A turn that
// had nothing to do ends with a short sleep: so it takes little CPU time, and misses no turn.
import { dlopen } from "bun:ffi";
import { appendFileSync, openSync } from "node:fs";
import { join } from "node:path";
import { TURNS_IN, NOTED_MS } from "./turns.ts";

const CLOCK_THREAD_CPUTIME_ID = 3;
const IDLE_MS = 0.05;
const SLEEP_MICROS = 200;
const STDERR = 2;

const { symbols: libc } = dlopen("libc.so.6", {
  clock_gettime: { args: ["i32", "ptr"], returns: "i32" },
  dup2: { args: ["i32", "i32"], returns: "i32" },
  usleep: { args: ["u32"], returns: "i32" },
});
const time = new BigInt64Array(2);

function cpuMs(): number {
  libc.clock_gettime(CLOCK_THREAD_CPUTIME_ID, time);
  return Number(time[0]) * 1e3 + Number(time[1]) / 1e6;
}

const folder = process.env[TURNS_IN];
if (folder !== undefined) {
  const file = join(folder, String(process.pid));
  // What the engine says of its garbage collections (BUN_JSC_logGC) is to be between the turns.
  libc.dup2(openSync(file, "a"), STDERR);
  let [turns, lastCpuMs, lastMs] = [0, cpuMs(), performance.now()];
  const turn = (): void => {
    const [nowCpuMs, nowMs] = [cpuMs(), performance.now()];
    const [tookMs, wallMs] = [nowCpuMs - lastCpuMs, nowMs - lastMs];
    turns++;
    if (tookMs >= NOTED_MS) {
      const atMs = performance.timeOrigin + nowMs;
      appendFileSync(file, `\nturn ${turns} ${atMs} ${tookMs} ${wallMs}\n`);
    }
    if (tookMs < IDLE_MS) libc.usleep(SLEEP_MICROS);
    [lastCpuMs, lastMs] = [cpuMs(), performance.now()];
    setImmediate(turn);
  };
  setImmediate(turn);
}
