// Which WebSockets leave a draining worker, when, and for which other worker: the side of the old
// version. What it decides is done by ../../worker/carry/leave.ts.
//
// A connection belongs to this worker until the other one says that it has taken it. Until then it
// can be given to somebody else, or closed with a code. So if the other worker dies, what it has
// taken is closed by the kernel, and nothing else; and no connection ever has two owners.
//
// It keeps its state in place: there may be ten thousand connections, and an event for each.

/** How many connections one other worker is offered at a time: so none is between two for long. */
const MOST_OFFERED = 256;
/** How long a connection may take to come to the end of a message, from when it could have left. */
export const LEAVE_WITHIN_MS = 2000;

/** Why a connection is closed in place of moving. */
export type NotCarried =
  /** It was in the middle of a message, or something for it was not sent, for too long. */
  | "busy"
  /** The other version does not upgrade it. */
  | "refused"
  /** No worker of the other version is left. */
  | "nobody";

type Leaver =
  /** Bun still serves it here. `untilMs`: by when it has to leave, once it could not. */
  | { readonly name: "here"; readonly untilMs: number | undefined }
  /** Bun serves it no more. */
  | { readonly name: "offered"; readonly to: number; readonly untilMs: number | undefined };

export type LeavingEffect =
  /** Take it from Bun, and offer it to that worker. */
  | { readonly type: "offer"; readonly id: number; readonly to: number }
  /** Bun still serves it: Bun is to close it with the code of a reload. */
  | { readonly type: "close-here"; readonly id: number; readonly why: NotCarried }
  /** Nobody serves it: send its client the close frame, then close it. */
  | { readonly type: "close-offered"; readonly id: number; readonly why: NotCarried }
  /** It has an owner elsewhere: close our descriptor, and tell nobody. */
  | { readonly type: "drop"; readonly id: number };

interface Target {
  offered: number;
  /** How many it has been offered in all: they are spread evenly. */
  total: number;
}

export class Leaving {
  readonly #targets = new Map<number, Target>();
  readonly #connections = new Map<number, Leaver>();

  /** @param targets the workers that take them, the first choice first */
  constructor(targets: readonly number[]) {
    for (const worker of targets) this.#targets.set(worker, { offered: 0, total: 0 });
  }

  /** Connections that have not left. */
  get count(): number {
    return this.#connections.size;
  }

  /** Whether somebody is there to take them. */
  get hasTargets(): boolean {
    return this.#targets.size > 0;
  }

  /** How many more may be offered now. */
  get room(): number {
    let room = 0;
    for (const { offered } of this.#targets.values()) room += MOST_OFFERED - offered;
    return room;
  }

  /** One more is to leave. */
  begin(id: number): void {
    this.#connections.set(id, { name: "here", untilMs: undefined });
  }

  /**
   * It was looked at, and is in the middle of a message, or something waits to be sent to it. If
   * that is so for too long, it is given up. To wait for others that have enough to do is no fault.
   */
  busy(id: number, nowMs: number): LeavingEffect[] {
    const leaver = this.#connections.get(id);
    if (leaver?.name !== "here") return [];
    const untilMs = leaver.untilMs ?? nowMs + LEAVE_WITHIN_MS;
    if (nowMs >= untilMs) return [this.#closeHere(id, "busy")];
    this.#connections.set(id, { name: "here", untilMs });
    return [];
  }

  /**
   * It is between two messages, and nothing waits to be sent to it. Returns nothing if it has to
   * wait, as all have enough to do.
   */
  ready(id: number): LeavingEffect[] {
    const leaver = this.#connections.get(id);
    if (leaver?.name !== "here") return [];
    const to = this.#choose();
    return to === undefined ? [] : [this.#offer(id, to, leaver.untilMs)];
  }

  /**
   * It could not be offered now. Another look will come if Bun still serves it here.
   * @param isHere whether Bun does
   */
  notSent(id: number, isHere: boolean): LeavingEffect[] {
    const leaver = this.#connections.get(id);
    if (leaver?.name !== "offered") return [];
    this.#end(id, leaver.to);
    if (!isHere) return [{ type: "close-offered", id, why: "nobody" }];
    this.#connections.set(id, { name: "here", untilMs: leaver.untilMs });
    return [];
  }

  /** The other worker has it, and this one no more. */
  taken(id: number, by: number): LeavingEffect[] {
    if (!this.#isOffered(id, by)) return [];
    this.#end(id, by);
    return [{ type: "drop", id }];
  }

  /** The other worker does not want it. */
  refused(id: number, by: number): LeavingEffect[] {
    if (!this.#isOffered(id, by)) return [];
    this.#end(id, by);
    return [{ type: "close-offered", id, why: "refused" }];
  }

  /** The other worker has ended. What it was offered is offered to others. */
  gone(worker: number): LeavingEffect[] {
    if (!this.#targets.delete(worker)) return [];
    const effects: LeavingEffect[] = [];
    for (const [id, leaver] of this.#connections) {
      if (leaver.name === "here") {
        if (!this.hasTargets) effects.push(this.#closeHere(id, "nobody"));
      } else if (leaver.to === worker) {
        const to = this.#leastOffered();
        if (to === undefined) {
          this.#connections.delete(id);
          effects.push({ type: "close-offered", id, why: "nobody" });
        } else {
          effects.push(this.#offer(id, to, leaver.untilMs));
        }
      }
    }
    return effects;
  }

  /** Its client has closed it, or the app has, while Bun still served it. */
  closed(id: number): void {
    if (this.#connections.get(id)?.name === "here") this.#connections.delete(id);
  }

  /** The server stops, or the time of the drain is up: nothing more is offered. */
  stop(): void {
    for (const [id, { name }] of this.#connections) {
      if (name === "here") this.#connections.delete(id);
    }
  }

  #isOffered(id: number, to: number): boolean {
    const leaver = this.#connections.get(id);
    return leaver?.name === "offered" && leaver.to === to;
  }

  #offer(id: number, to: number, untilMs: number | undefined): LeavingEffect {
    const target = this.#targets.get(to);
    if (target !== undefined) {
      target.offered++;
      target.total++;
    }
    this.#connections.set(id, { name: "offered", to, untilMs });
    return { type: "offer", id, to };
  }

  #closeHere(id: number, why: NotCarried): LeavingEffect {
    this.#connections.delete(id);
    return { type: "close-here", id, why };
  }

  #end(id: number, to: number): void {
    this.#connections.delete(id);
    const target = this.#targets.get(to);
    if (target !== undefined) target.offered--;
  }

  #choose(): number | undefined {
    const to = this.#leastOffered();
    if (to === undefined) return undefined;
    return (this.#targets.get(to)?.offered ?? 0) < MOST_OFFERED ? to : undefined;
  }

  /** The one that has been offered the fewest; of several, the first. */
  #leastOffered(): number | undefined {
    let found: number | undefined;
    let least = Infinity;
    for (const [worker, { total }] of this.#targets) {
      if (total < least) [found, least] = [worker, total];
    }
    return found;
  }
}
