// What the workers have noted of the turns of their event loops, see turn-meter.ts.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** The environment variable that has the folder for the notes: one file for each process. */
export const TURNS_IN = "TURNS_IN";
/** Shorter turns are only counted. */
export const NOTED_MS = 1;
/** What the carry promises. */
export const LONG_MS = 10;

export interface Turn {
  /** Which one of its worker's. */
  readonly number: number;
  /** When it began and ended, by `Date.now`. */
  readonly fromMs: number;
  readonly untilMs: number;
  /** CPU time of the thread. */
  readonly cpuMs: number;
  /** For how long all was stopped in it to collect garbage, if the engine says so. */
  readonly collectingMs: number;
}

const TURN = /^turn (\d+) (\S+) (\S+) (\S+)$/;
const PAUSE = /\bp=([\d.]+)ms/g;

/** Of each process that has noted any. */
export function readTurns(folder: string): Map<number, Turn[]> {
  const all = new Map<number, Turn[]>();
  for (const pid of readdirSync(folder)) {
    const turns: Turn[] = [];
    let collectingMs = 0;
    for (const line of readFileSync(join(folder, pid), "latin1").split("\n")) {
      const [, number, at, cpu, wall] = TURN.exec(line) ?? [];
      if (number === undefined) {
        for (const [, pause] of line.matchAll(PAUSE)) collectingMs += Number(pause);
        continue;
      }
      const untilMs = Number(at);
      turns.push({
        number: Number(number),
        fromMs: untilMs - Number(wall),
        untilMs,
        cpuMs: Number(cpu),
        collectingMs,
      });
      collectingMs = 0;
    }
    all.set(Number(pid), turns);
  }
  return all;
}

/** Those that lie within a time, or reach into it. */
export function within(turns: readonly Turn[], fromMs: number, untilMs: number): Turn[] {
  return turns.filter((turn) => turn.untilMs > fromMs && turn.fromMs < untilMs);
}

/** The longest ones, and how many are longer than is promised. */
export function describeTurns(turns: readonly Turn[]): string {
  const sorted = turns.toSorted((a, b) => b.cpuMs - a.cpuMs);
  const long = sorted.filter(({ cpuMs }) => cpuMs > LONG_MS).length;
  const longest = sorted.slice(0, 8).map(({ cpuMs, collectingMs }) => {
    const gc = collectingMs > 0 ? ` (GC ${collectingMs.toFixed(1)})` : "";
    return `${cpuMs.toFixed(1)}${gc}`;
  });
  const counts = `${long} over ${LONG_MS} ms, ${turns.length} over ${NOTED_MS}`;
  return `${counts}; longest ${longest.join(", ")}`;
}
