// What one process counts of a mode, until it is taken for a report.
import { type Counts, Histogram } from "./histogram.ts";
import type { Loss, LossKind } from "./loss.ts";
import { Timeline } from "./timeline.ts";

/** The first losses of a mode are described one by one, this many. */
export const MOST_DESCRIBED = 10;

/** A loss, described. */
export interface LossNote {
  /** Since the load began. */
  readonly atMs: number;
  readonly kind: LossKind;
  readonly words: string;
}

/** What has been counted since the report before. */
export interface TallyReport {
  /** Those that were lost included. */
  readonly requests: number;
  readonly lost: Readonly<Partial<Record<LossKind, number>>>;
  readonly took: Counts;
  /** See timeline.ts. */
  readonly marks: string;
  /** What servers said or did, in words, to have clients come again, with how often. */
  readonly sentAway: Readonly<Record<string, number>>;
  /** Connections that the server closed between requests. */
  readonly closedIdle: number;
  /** Connections that this machine had no local port for. */
  readonly noPort: number;
  readonly notes: readonly LossNote[];
}

export class Tally {
  /** Connections that the server closed between requests. */
  closedIdle = 0;
  /** Connections that this machine had no local port for. */
  noPort = 0;
  #requests = 0;
  #lost: Partial<Record<LossKind, number>> = {};
  #took = new Histogram();
  #sentAway: Record<string, number> = {};
  #notes: LossNote[] = [];
  #described = 0;
  readonly #timeline: Timeline;

  /** @param startMs when the load began, by the clock of all other times here */
  constructor(readonly startMs: number) {
    this.#timeline = new Timeline(startMs);
  }

  /** A client waits from now on, until `heard` or `rest`: a loss does not end its wait. */
  begin(nowMs: number): void {
    this.#timeline.begin(nowMs);
  }

  /** A client that waited hears something. */
  heard(nowMs: number): void {
    this.#timeline.answer(nowMs);
  }

  /** A request has got its answer. */
  count(tookMs: number): void {
    this.#requests += 1;
    this.#took.add(tookMs);
  }

  lost(nowMs: number, { kind, message }: Loss): void {
    this.#requests += 1;
    this.#lost[kind] = (this.#lost[kind] ?? 0) + 1;
    if (this.#described >= MOST_DESCRIBED) return;
    this.#described += 1;
    this.#notes.push({ atMs: Math.round(nowMs - this.startMs), kind, words: message });
  }

  /** A client gives up waiting. */
  rest(nowMs: number): void {
    this.#timeline.rest(nowMs);
  }

  /** @param words how the server has had a client come again */
  sentAway(words: string): void {
    this.#sentAway[words] = (this.#sentAway[words] ?? 0) + 1;
  }

  take(nowMs: number): TallyReport {
    const report: TallyReport = {
      requests: this.#requests,
      lost: this.#lost,
      took: this.#took.toJSON(),
      marks: this.#timeline.take(nowMs),
      sentAway: this.#sentAway,
      closedIdle: this.closedIdle,
      noPort: this.noPort,
      notes: this.#notes,
    };
    this.#requests = 0;
    this.#lost = {};
    this.#took = new Histogram();
    this.#sentAway = {};
    this.closedIdle = 0;
    this.noPort = 0;
    this.#notes = [];
    return report;
  }
}
