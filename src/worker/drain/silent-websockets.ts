// Ends the connections of WebSockets whose clients do not answer the close frame: a page that is
// frozen, a client that has lost its network. They would hold the drain until its deadline; RFC
// 6455, 7.1.1, lets a server end them after a reasonable time.
//
// What was sent before the close frame is not lost to a client that is slow: as long as it takes
// any of it, its time starts anew.
import { unsentBytes } from "../../net/socket-options.ts";
import { acknowledgedBytes } from "../../net/tcp-info.ts";
import { isOfUnix } from "../connections/connection.ts";
import type { Connections } from "../connections/connections.ts";

/** For an answer, once the client has got everything: nothing can be lost any more. */
const ANSWER_WITHIN_MS = 2000;
/** How long a client may take nothing of what was sent to it, as while its network is away. */
const TAKE_WITHIN_MS = 10_000;
const LOOK_EACH_MS = 250;

/** How far a client is with what was sent to it. */
export interface Progress {
  readonly acknowledged: bigint;
  /** Bytes that it has not acknowledged. */
  readonly unsent: number;
  /** Bun holds more, which the kernel does not take yet. */
  readonly isWriting: boolean;
  /** When it was first so, as `performance.now()` gives it. */
  readonly sinceMs: number;
}

/** Now, that is since `before` if nothing has changed. */
export function progress(before: Progress | undefined, now: Progress): Progress {
  const isSame = before?.acknowledged === now.acknowledged && before.unsent === now.unsent;
  return isSame ? { ...now, sinceMs: before.sinceMs } : now;
}

/** Whether a client has had its time. */
export function isSilent({ unsent, isWriting, sinceMs }: Progress, nowMs: number): boolean {
  const limitMs = unsent === 0 && !isWriting ? ANSWER_WITHIN_MS : TAKE_WITHIN_MS;
  return nowMs - sinceMs >= limitMs;
}

export class SilentWebSockets {
  #progress = new Map<string, Progress>();
  #lookMs = 0;

  constructor(readonly open: Connections) {}

  /** Ends those that are silent. It looks from time to time only. */
  end(): void {
    const nowMs = performance.now();
    if (nowMs < this.#lookMs) return;
    this.#lookMs = nowMs + LOOK_EACH_MS;
    const { asked } = this.open.webSockets;
    if (asked.size === 0) return;
    const writing = this.open.writing();
    const before = this.#progress;
    this.#progress = new Map();
    for (const fd of this.open.all()) {
      const key = this.open.keyOf(fd);
      // On a Unix socket nobody knows which connection is whose.
      if (key === undefined || isOfUnix(key) || !asked.has(key)) continue;
      const now = progress(before.get(key), {
        acknowledged: acknowledgedBytes(fd),
        unsent: unsentBytes(fd),
        isWriting: writing.has(fd),
        sinceMs: nowMs,
      });
      this.#progress.set(key, now);
      if (isSilent(now, nowMs)) this.open.end(fd);
    }
    this.open.webSockets.forgetEnded(this.#progress);
  }
}
