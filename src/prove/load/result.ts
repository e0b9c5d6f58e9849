// What a load has seen, put together from the reports of its processes.
import { Histogram, percentileMs } from "./histogram.ts";
import { LOSS_KINDS, type LossKind } from "./loss.ts";
import type { Mode } from "./plan.ts";
import { type LossNote, MOST_DESCRIBED, type TallyReport } from "./tally.ts";
import { Silence } from "./timeline.ts";

export interface ModeResult {
  readonly mode: Mode;
  /** Those that were lost included. Of a WebSocket each ping is one. */
  readonly requests: number;
  readonly lost: Readonly<Record<LossKind, number>>;
  /** From sent to the whole answer, from connecting on in the mode `connection`. NaN: none came. */
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** The longest time in which clients waited and none of this mode got an answer. */
  readonly longestGapMs: number;
  /**
   * How often the server properly ended what would have gone on, such as a WebSocket, so that
   * clients come again, by how it did that. These are no losses.
   */
  readonly sentAway: Readonly<Record<string, number>>;
  /** Connections that the server closed between requests, which is no loss. */
  readonly closedIdle: number;
  /**
   * Connections that this machine had no local port for, which says nothing of the server: then a
   * lower rate is called for.
   */
  readonly noPort: number;
  /** Only the first ones. */
  readonly firstLosses: readonly LossNote[];
}

export interface LoadResult {
  readonly seed: number;
  readonly modes: readonly ModeResult[];
}

/** How many requests of a mode were lost, whichever way. */
export function lossesOf({ lost }: Pick<ModeResult, "lost">): number {
  return LOSS_KINDS.reduce((sum, kind) => sum + lost[kind], 0);
}

/** The sum of a mode, to which reports are added. */
export class ModeTotal {
  #requests = 0;
  #closedIdle = 0;
  #noPort = 0;
  readonly #lost = { refused: 0, reset: 0, cut: 0, timeout: 0, tls: 0, wrong: 0 };
  readonly #took = new Histogram();
  readonly #sentAway: Record<string, number> = {};
  readonly #silence: Silence;
  #notes: readonly LossNote[] = [];

  /** @param processes the numbers of those that report on this mode */
  constructor(
    readonly mode: Mode,
    processes: readonly number[],
  ) {
    this.#silence = new Silence(processes);
  }

  add(process: number, report: TallyReport): void {
    this.#requests += report.requests;
    this.#closedIdle += report.closedIdle;
    this.#noPort += report.noPort;
    for (const kind of LOSS_KINDS) this.#lost[kind] += report.lost[kind] ?? 0;
    for (const [words, count] of Object.entries(report.sentAway)) {
      this.#sentAway[words] = (this.#sentAway[words] ?? 0) + count;
    }
    this.#took.addCounts(report.took);
    this.#silence.add(process, report.marks);
    this.#notes = [...this.#notes, ...report.notes]
      .toSorted((a, b) => a.atMs - b.atMs)
      .slice(0, MOST_DESCRIBED);
  }

  get result(): ModeResult {
    return {
      mode: this.mode,
      requests: this.#requests,
      lost: { ...this.#lost },
      p50Ms: percentileMs([this.#took], 50),
      p99Ms: percentileMs([this.#took], 99),
      longestGapMs: this.#silence.longestMs,
      sentAway: { ...this.#sentAway },
      closedIdle: this.#closedIdle,
      noPort: this.#noPort,
      firstLosses: this.#notes,
    };
  }
}
