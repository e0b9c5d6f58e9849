// Which WebSockets leave a draining worker, when, and for which other worker: the side of the old
// version. What it decides is done by ../../worker/carry/leave.ts.
//
// A connection belongs to this worker until the other one says that it has taken it. Until then it
// can be given to somebody else, or closed with a code. So if the other worker dies, what it has
// taken is closed by the kernel, and nothing else; and no connection ever has two owners.
//
// It keeps its state in place: there may be ten thousand connections, and an event for each.

import { Targets } from "./targets.ts";

/**
 * How long a connection may take to come to the end of a message, from when it could have left; and
 * how long it waits for the app's handler of a message.
 */
export const LEAVE_WITHIN_MS = 2000;

/** How long they wait for another one when the last that takes them has ended. */
export const NOBODY_WITHIN_MS = 3000;

/** What has not been looked at for longer may have been between two messages meanwhile. */
const LOOKED_AT_WITHIN_MS = 500;

/** The part of a drain's time after which none moves any more: they are closed in the rest. */
export const LATE_AFTER = 0.6;

/** Why a connection is closed in place of moving. */
export type NotCarried =
  /** It was in the middle of a message, or something for it was not sent, for too long. */
  | "busy"
  /** The other version does not upgrade it. */
  | "refused"
  /** No worker of the other version is left. */
  | "nobody"
  /** The drain has not much time left. */
  | "late";

type Leaver =
  /** Bun still serves it here. */
  | ({ readonly name: "here" } & Waits)
  /** Bun serves it no more. */
  | ({
      readonly name: "offered";
      readonly to: number;
      readonly sinceMs: number;
      /** Another worker has ended while it was offered that one. */
      readonly isAgain: boolean;
    } & Waits);

interface Waits {
  /** By when it has to leave, once it could not. */
  readonly untilMs?: number | undefined;
  /** When it was last found that it could not. */
  readonly busyMs?: number | undefined;
  /** How long it waits for handlers, once it had to. */
  readonly handlersMs?: number | undefined;
}

export type LeavingEffect =
  /** Take it from Bun, and offer it to that worker. */
  | { readonly type: "offer"; readonly id: number; readonly to: number }
  /** Bun still serves it: Bun is to close it with the code of a reload. */
  | { readonly type: "close-here"; readonly id: number; readonly why: NotCarried }
  /** Nobody serves it: send its client the close frame, then close it. */
  | { readonly type: "close-offered"; readonly id: number; readonly why: NotCarried }
  /** It has an owner elsewhere: close our descriptor, and tell nobody. */
  | { readonly type: "drop"; readonly id: number };

export class Leaving {
  readonly #targets: Targets;
  readonly #connections = new Map<number, Leaver>();
  #isLate = false;
  /** How long those that are here wait for somebody who takes them; undefined: they need not. */
  #nobodyUntilMs: number | undefined;

  /**
   * @param targets the workers that take them, the first choice first
   * @param refusedEachMs how long nothing is offered after a refusal: a client that is refused
   *   comes back, and so they do not come all at once
   */
  constructor(
    targets: readonly number[],
    readonly refusedEachMs = 0,
  ) {
    this.#targets = new Targets(targets);
  }

  /** Connections that have not left. */
  get count(): number {
    return this.#connections.size;
  }

  /** Why one that begins now can not move; undefined: it can. */
  get hindrance(): "nobody" | "late" | undefined {
    if (this.#isLate) return "late";
    return this.#targets.isAny || this.#nobodyUntilMs !== undefined ? undefined : "nobody";
  }

  /** Whether one more may be offered now. */
  hasRoom(nowMs: number): boolean {
    return this.#targets.choose(nowMs) !== undefined;
  }

  /** One more is to leave. */
  begin(id: number): void {
    this.#connections.set(id, { name: "here" });
  }

  /**
   * It was looked at, and is in the middle of a message, or something waits to be sent to it. If
   * that is so at each look for too long, it is given up. While others have enough to do, nobody
   * looks at it: that is no fault of its own.
   */
  busy(id: number, nowMs: number): LeavingEffect[] {
    const leaver = this.#connections.get(id);
    if (leaver?.name !== "here") return [];
    const { untilMs = nowMs, busyMs = nowMs } = leaver;
    const isNew = leaver.untilMs === undefined || nowMs - busyMs > LOOKED_AT_WITHIN_MS;
    if (!isNew && nowMs >= untilMs) return [this.#closeHere(id, "busy")];
    const until = isNew ? nowMs + LEAVE_WITHIN_MS : untilMs;
    this.#connections.set(id, { ...leaver, untilMs: until, busyMs: nowMs });
    return [];
  }

  /** It is ready, but for a handler of the app that still runs for it. */
  handled(id: number, nowMs: number): LeavingEffect[] {
    const leaver = this.#connections.get(id);
    if (leaver?.name !== "here") return [];
    const handlersMs = leaver.handlersMs ?? nowMs + LEAVE_WITHIN_MS;
    if (nowMs >= handlersMs) return this.ready(id, nowMs);
    this.#connections.set(id, { ...leaver, handlersMs });
    return [];
  }

  /**
   * It is between two messages, and nothing waits to be sent to it. Returns nothing if it has to
   * wait, as all have enough to do.
   */
  ready(id: number, nowMs: number): LeavingEffect[] {
    const leaver = this.#connections.get(id);
    if (leaver?.name !== "here") return [];
    const to = this.#targets.choose(nowMs);
    if (to !== undefined) return [this.#offer(id, to, leaver, nowMs)];
    if (leaver.untilMs !== undefined) this.#connections.set(id, { ...leaver, untilMs: undefined });
    return [];
  }

  /**
   * It could not be offered now. Another look will come if Bun still serves it here.
   * @param isHere whether Bun does
   */
  notSent(id: number, isHere: boolean): LeavingEffect[] {
    const leaver = this.#connections.get(id);
    if (leaver?.name !== "offered") return [];
    this.#targets.takeBack(leaver.to);
    this.#connections.delete(id);
    if (!isHere) return [{ type: "close-offered", id, why: "nobody" }];
    const { untilMs, handlersMs } = leaver;
    this.#connections.set(id, { name: "here", untilMs, handlersMs });
    return [];
  }

  /** The other worker has it, and this one no more. */
  taken(id: number, by: number, nowMs: number): LeavingEffect[] {
    if (!this.#answered(id, by, nowMs)) return [];
    return [{ type: "drop", id }];
  }

  /** The other worker does not want it. */
  refused(id: number, by: number, nowMs: number): LeavingEffect[] {
    if (!this.#answered(id, by, nowMs)) return [];
    this.#targets.pause(this.refusedEachMs, nowMs);
    return [{ type: "close-offered", id, why: "refused" }];
  }

  /**
   * The other worker has ended. What it was offered is offered to another one. If that one ends,
   * too, it may be what ends them: so it is not offered to a third.
   */
  gone(worker: number, nowMs: number): LeavingEffect[] {
    if (!this.#targets.delete(worker)) return [];
    if (!this.#targets.isAny) this.#nobodyUntilMs ??= nowMs + NOBODY_WITHIN_MS;
    const effects: LeavingEffect[] = [];
    for (const [id, leaver] of this.#connections) {
      if (leaver.name === "offered" && leaver.to === worker) {
        const to = leaver.isAgain ? undefined : this.#targets.chooseNow(nowMs);
        if (to === undefined) {
          this.#connections.delete(id);
          effects.push({ type: "close-offered", id, why: "nobody" });
        } else {
          effects.push(this.#offer(id, to, leaver, nowMs, true));
        }
      }
    }
    return effects;
  }

  /** Its client has closed it, or the app has, while Bun still served it. */
  closed(id: number): void {
    if (this.#connections.get(id)?.name === "here") this.#connections.delete(id);
  }

  /** From now on these take them: a newer version has come, or a worker was replaced. */
  redirect(targets: readonly number[]): void {
    this.#targets.redirect(targets);
    if (this.#targets.isAny) this.#nobodyUntilMs = undefined;
  }

  /** Gives up those that have waited in vain for somebody who takes them. */
  tick(nowMs: number): LeavingEffect[] {
    if (this.#nobodyUntilMs === undefined || nowMs < this.#nobodyUntilMs) return [];
    this.#nobodyUntilMs = undefined;
    return this.#closeAllHere("nobody");
  }

  /** The time of the drain will soon be up: what has not been offered is closed. */
  late(): LeavingEffect[] {
    this.#isLate = true;
    return this.#closeAllHere("late");
  }

  /** The server stops: nothing more is offered. */
  stop(): void {
    for (const [id, { name }] of this.#connections) {
      if (name === "here") this.#connections.delete(id);
    }
  }

  #offer(
    id: number,
    to: number,
    { untilMs, handlersMs }: Waits,
    nowMs: number,
    isAgain = false,
  ): LeavingEffect {
    this.#targets.offer(to, nowMs);
    this.#connections.set(id, {
      name: "offered",
      to,
      sinceMs: nowMs,
      isAgain,
      untilMs,
      handlersMs,
    });
    return { type: "offer", id, to };
  }

  #closeAllHere(why: NotCarried): LeavingEffect[] {
    const here = [...this.#connections].filter(([, { name }]) => name === "here");
    return here.map(([id]) => this.#closeHere(id, why));
  }

  #closeHere(id: number, why: NotCarried): LeavingEffect {
    this.#connections.delete(id);
    return { type: "close-here", id, why };
  }

  /** Returns whether it was that worker's to answer. */
  #answered(id: number, by: number, nowMs: number): boolean {
    const leaver = this.#connections.get(id);
    if (leaver?.name !== "offered" || leaver.to !== by) return false;
    this.#connections.delete(id);
    this.#targets.answered(by, leaver.sinceMs, nowMs);
    return true;
  }
}
