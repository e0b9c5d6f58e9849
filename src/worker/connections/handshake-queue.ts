// Lets no handshake of TLS wait in Bun, unread, until its client has had its time.
//
// In one turn of the event loop Bun reads from at most five connections that are not through their
// handshake. It puts all others on a stack, waits for nothing on them, and takes up to five off it
// when the next turn begins, the latest first. If those five have said nothing, nothing wakes the
// event loop, however many are left: a client beneath them waits for as many turns of something
// else as it takes. Clients that have said nothing get onto the stack because Bun takes each
// connection that it accepts for one with data, as it has asked the kernel for (TCP_DEFER_ACCEPT):
// but that hands over a silent one too, after a second. So a few dozen silent clients that come at
// once hide all who came just before them. test/worker/connections/handshake-queue.test.ts shows
// that with Bun alone.
//
// The kernel says how many are on the stack: the event loop waits for no data from them. That is
// looked at while connections come and go, and then the event loop is made to turn often enough.
import type { PollCounts } from "../../net/polls.ts";
import { type Tell, Trouble } from "../trouble.ts";
import type { Connections } from "./connections.ts";

/** How many Bun takes off in a turn. */
const EACH_TURN = 5;
/** How often to look: so long a client may wait beneath silent ones, and once more. */
const LOOK_EACH_MS = 20;
/** Looks take at most one part in so many of the worker's time, */
const SHARE_OF_TIME = 100;
/** and in so many while there are handshakes to help. */
const SHARE_WHILE_WAITING = 10;
/** About what a turn takes in which nothing happens. */
const EMPTY_TURN_MS = 0.01;
/** When nothing has come or gone for so long, there are no more looks. */
const CALM_MS = 5000;

/** What a look has found. */
export interface Seen extends PollCounts {
  /** When that last was something else, in milliseconds of any clock. */
  readonly stirredMs: number;
}

export interface Plan {
  /** How many turns of the event loop to make. */
  readonly turns: number;
  /** Until the next look, from when the turns have been made; undefined: there is none. */
  readonly lookInMs: number | undefined;
}

/** @param counts `deaf` undefined: nobody tells. When some have come, all may be on the stack. */
export function seenAt(
  before: Seen | undefined,
  { all, deaf }: { readonly all: number; readonly deaf: number | undefined },
  nowMs: number,
): Seen {
  const seen = { all, deaf: deaf ?? (all === before?.all ? before.deaf : all) };
  const isSame = seen.all === before?.all && seen.deaf === before.deaf;
  return { ...seen, stirredMs: isSame ? before.stirredMs : nowMs };
}

/**
 * After each look Bun takes off all that were on the stack. So those from which it still waits for
 * no data when nothing has changed for long are not there: a listener that is to accept nothing, or
 * an upload that the app reads slowly.
 * @param tookMs how long it took to look
 */
export function planFor({ deaf, stirredMs }: Seen, nowMs: number, tookMs: number): Plan {
  if (nowMs - stirredMs >= CALM_MS) return { turns: 0, lookInMs: undefined };
  if (deaf === 0) return { turns: 0, lookInMs: Math.max(LOOK_EACH_MS, tookMs * SHARE_OF_TIME) };
  // When the last one has begun, Bun has read from all that it took off.
  const turns = Math.ceil(deaf / EACH_TURN) + 1;
  const costMs = tookMs + turns * EMPTY_TURN_MS;
  return { turns, lookInMs: Math.max(LOOK_EACH_MS, costMs * SHARE_WHILE_WAITING) };
}

export class HandshakeQueue {
  #seen: Seen | undefined;
  #isWatching = false;
  readonly #trouble: Trouble;

  constructor(
    readonly connections: Pick<Connections, "pollCounts" | "about">,
    tell: Tell,
  ) {
    this.#trouble = new Trouble(tell, "watch-failed", "watching handshakes of TLS");
  }

  /** Connections may have come: looks now, and goes on until it is calm. */
  watch(): void {
    if (this.#isWatching) return;
    this.#isWatching = true;
    void this.#look();
  }

  async #look(): Promise<void> {
    let lookInMs: number | undefined = LOOK_EACH_MS;
    try {
      const plan = this.#plan();
      for (let turn = 0; turn < plan.turns; turn++) await new Promise(setImmediate);
      ({ lookInMs } = plan);
      this.#trouble.end();
    } catch (error) {
      this.#trouble.note(error);
    }
    this.#isWatching = lookInMs !== undefined;
    if (lookInMs !== undefined) setTimeout(() => void this.#look(), lookInMs).unref();
  }

  #plan(): Plan {
    const startedMs = performance.now();
    const { connections } = this;
    const counts = connections.pollCounts() ?? { all: connections.about, deaf: undefined };
    const nowMs = performance.now();
    this.#seen = seenAt(this.#seen, counts, nowMs);
    return planFor(this.#seen, nowMs, nowMs - startedMs);
  }
}
