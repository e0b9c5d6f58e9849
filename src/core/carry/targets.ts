// The workers that take WebSockets from one that drains, and how many each is offered at a time.
//
// A client that is offered hears nothing until the app of the other worker has upgraded it. So
// there are fewer at a time where each waits for others there, as the app computes something for
// each, for example; and more and more where none does.

/** How many connections a worker is offered at a time, at first and at the most. */
export const FIRST_OFFERED = 2;
export const MOST_OFFERED = 256;
/** How much longer than the fastest answer others may take: then more can be offered at a time. */
export const FAST_MS = 100;
/** Past this, fewer. */
export const SLOW_MS = 250;
/** A worker that has not answered for so long gets nothing more until it does: others do. */
export const STALLED_MS = 500;

interface Target {
  /** It is offered nothing more, though it may still answer. */
  isClosed: boolean;
  offered: number;
  /** How many it has been offered in all: they are spread evenly. */
  total: number;
  /** How many it may be offered at a time. */
  most: number;
  /** How long its fastest answer has taken. */
  fastestMs: number;
  /** What was offered before is no reason to offer even fewer. */
  fewerSinceMs: number;
  /** When it has answered last, or was offered something when it had answered all. */
  answeredMs: number;
}

export class Targets {
  readonly #targets = new Map<number, Target>();
  #pauseUntilMs = -Infinity;

  /** @param workers the first choice first */
  constructor(workers: readonly number[]) {
    this.redirect(workers);
  }

  /** From now on these take them, and no others. */
  redirect(workers: readonly number[]): void {
    for (const target of this.#targets.values()) target.isClosed = true;
    for (const worker of workers) {
      const times = { fastestMs: Infinity, fewerSinceMs: -Infinity, answeredMs: -Infinity };
      const fresh = { offered: 0, total: 0, most: FIRST_OFFERED, ...times };
      this.#targets.set(worker, { ...(this.#targets.get(worker) ?? fresh), isClosed: false });
    }
  }

  /** Whether somebody takes them. */
  get isAny(): boolean {
    return [...this.#targets.values()].some(({ isClosed }) => !isClosed);
  }

  /** It has ended. Returns whether it was one of them. */
  delete(worker: number): boolean {
    return this.#targets.delete(worker);
  }

  /** None is chosen for so long. Several add up. */
  pause(ms: number, nowMs: number): void {
    this.#pauseUntilMs = Math.max(this.#pauseUntilMs, nowMs) + ms;
  }

  /** Which one is to be offered the next; undefined: all have enough to do. */
  choose(nowMs: number): number | undefined {
    if (nowMs < this.#pauseUntilMs) return undefined;
    const to = this.#leastOffered(nowMs);
    const target = to === undefined ? undefined : this.#targets.get(to);
    return target !== undefined && target.offered < target.most ? to : undefined;
  }

  /** The same for one that cannot wait; undefined: none is left. */
  chooseNow(nowMs: number): number | undefined {
    return this.#leastOffered(nowMs) ?? this.#leastOffered();
  }

  /** It is offered one more. */
  offer(worker: number, nowMs: number): void {
    const target = this.#targets.get(worker);
    if (target === undefined) return;
    if (target.offered === 0) target.answeredMs = nowMs;
    target.offered++;
    target.total++;
  }

  /** It could not be offered that one. */
  takeBack(worker: number): void {
    const target = this.#targets.get(worker);
    if (target !== undefined) target.offered--;
  }

  /** It has taken one, or refused it. @param sinceMs when that one was offered */
  answered(worker: number, sinceMs: number, nowMs: number): void {
    const target = this.#targets.get(worker);
    if (target === undefined) return;
    target.offered--;
    target.answeredMs = nowMs;
    const tookMs = nowMs - sinceMs;
    target.fastestMs = Math.min(target.fastestMs, tookMs);
    const waitedMs = tookMs - target.fastestMs;
    if (waitedMs <= FAST_MS) {
      target.most = Math.min(MOST_OFFERED, target.most + 1);
    } else if (waitedMs > SLOW_MS && sinceMs > target.fewerSinceMs) {
      target.most = Math.max(1, Math.floor(target.most / 2));
      target.fewerSinceMs = nowMs;
    }
  }

  /**
   * The one that has been offered the fewest; of several, the first.
   * @param nowMs left out: also those that do not answer
   */
  #leastOffered(nowMs?: number): number | undefined {
    let found: number | undefined;
    let least = Infinity;
    for (const [worker, { total, offered, answeredMs, isClosed }] of this.#targets) {
      if (isClosed) continue;
      const isStalled = nowMs !== undefined && offered > 0 && nowMs - answeredMs >= STALLED_MS;
      if (total < least && !isStalled) [found, least] = [worker, total];
    }
    return found;
  }
}
