// The last things that happened, for the report of a failure. They are kept as data; no words are
// made until somebody reads them.

import type { Effect } from "../../src/core/effects.ts";
import type { Event } from "../../src/core/events.ts";

const LENGTH = 40;

interface Line {
  readonly nowMs: number;
  readonly pid: number;
  readonly what: Event | Effect;
  readonly mark: "→" | "  ←";
}

export class Trace {
  readonly #lines: Line[] = [];
  #next = 0;

  event(nowMs: number, pid: number, what: Event): void {
    this.#add({ nowMs, pid, what, mark: "→" });
  }

  effect(nowMs: number, pid: number, what: Effect): void {
    this.#add({ nowMs, pid, what, mark: "  ←" });
  }

  #add(line: Line): void {
    this.#lines[this.#next % LENGTH] = line;
    this.#next += 1;
  }

  toString(): string {
    const first = Math.max(0, this.#next - LENGTH);
    const lines: string[] = [];
    for (let at = first; at < this.#next; at++) {
      const { nowMs, mark, pid, what } = this.#lines[at % LENGTH] as Line;
      const { type, ...rest } = what;
      lines.push(`${String(nowMs).padStart(8)} ${pid} ${mark} ${type} ${JSON.stringify(rest)}`);
    }
    return lines.join("\n");
  }
}
