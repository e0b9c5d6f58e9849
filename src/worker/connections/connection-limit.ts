// `limits.max_connections`: how many connections a worker has at a time.
//
// A worker that is full tells the master, which sends new connections to workers that have room.
// If none has, or nobody can steer, those that still come get 503. Over TLS, or at a listening
// socket that others accept from too, they wait in the kernel instead until there is room.
//
// Nobody says how many connections Bun has. The kernel says how many descriptors the process has,
// in a microsecond, and the latest list of them says how many are others.
import { periodically, type Tell, Trouble } from "../trouble.ts";
import type { Accepting } from "./accepting.ts";
import type { Connections } from "./connections.ts";
import { type Fullness, fullnessAt, refuses } from "./fullness.ts";
import type { Overflow } from "./overflow.ts";

/** How often to look: a burst within that time may be more than the limit. */
const LOOK_EACH_MS = 20;
/** And at those who have to be refused. */
const REFUSE_EACH_MS = 5;
/** Being full again so soon is not told again. */
const TELL_EACH_MS = 10_000;

export interface ConnectionLimitOptions {
  readonly most: number;
  readonly connections: Pick<Connections, "about" | "all">;
  readonly accepting: Pick<Accepting, "setFull">;
  /** The listeners whose connections can be answered past Bun. */
  readonly listeners: () => readonly number[];
  readonly overflow: Overflow;
  /** Whether the worker takes no new connections any more, and those that come are its last. */
  readonly hasEnded: () => boolean;
  /** Tells the master. */
  readonly say: (isFull: boolean) => void;
  readonly tell: Tell;
}

export class ConnectionLimit {
  #fullness: Fullness;
  #toldMs = -Infinity;
  #hasEnded = false;

  constructor(readonly options: ConnectionLimitOptions) {}

  /** Looks now and then, for the life of the process. */
  watch(): void {
    const { tell } = this.options;
    const trouble = new Trouble(tell, "watch-failed", "watching the number of connections");
    periodically(trouble, LOOK_EACH_MS, () => this.look(performance.now()));
  }

  /** Returns the milliseconds until the next look. */
  look(nowMs: number): number {
    const { most, hasEnded } = this.options;
    if (hasEnded()) return this.#end(nowMs);
    const before = this.#fullness;
    let after = fullnessAt(before, this.#about, most, nowMs);
    // What the app has opened and closed itself may have looked like it.
    if (after !== before) after = fullnessAt(before, this.#exactly, most, nowMs);
    this.#fullness = after;
    if ((after === undefined) !== (before === undefined)) this.#changed(nowMs);
    return this.#serveRest(nowMs);
  }

  get #about(): number {
    return this.options.connections.about - this.options.overflow.size;
  }

  get #exactly(): number {
    return this.options.connections.all().length - this.options.overflow.size;
  }

  #changed(nowMs: number): void {
    const { most, say, tell, accepting, listeners } = this.options;
    const isFull = this.#fullness !== undefined;
    say(isFull);
    if (!isFull) return accepting.setFull(false);
    if (nowMs - this.#toldMs >= TELL_EACH_MS) {
      const others = listeners().length === 0 ? "wait" : "get 503";
      const what = `all ${most} connections are in use (limits.max_connections)`;
      tell("connections-full", `${what}: new ones go to other workers, or ${others}`);
    }
    this.#toldMs = nowMs;
  }

  /** What is left for those that come to a full worker. */
  #serveRest(nowMs: number): number {
    const { overflow, listeners, accepting } = this.options;
    const isRefusing = refuses(this.#fullness, nowMs);
    if (isRefusing) {
      accepting.setFull(true);
      overflow.accept(listeners(), nowMs);
    }
    if (overflow.size > 0) overflow.turn(nowMs);
    return isRefusing || overflow.size > 0 ? REFUSE_EACH_MS : LOOK_EACH_MS;
  }

  /** In a drain nobody new comes, and whoever has come is served. */
  #end(nowMs: number): number {
    const { accepting, overflow } = this.options;
    if (!this.#hasEnded) accepting.setFull(false);
    this.#hasEnded = true;
    this.#fullness = undefined;
    if (overflow.size > 0) overflow.turn(nowMs);
    return LOOK_EACH_MS;
  }
}
