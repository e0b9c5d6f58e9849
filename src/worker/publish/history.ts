// What has been published lately, by whom, and how far that has come. So a WebSocket that moves
// from one worker to another gets what is published meanwhile, once: the old worker says how far it
// had come when the WebSocket left, and the new one sends what it has got since then.
//
// Each worker numbers what it publishes, and all that it reaches get that in order.

/** For each that publishes, the number of the latest that was delivered. */
export type Cut = Readonly<Record<string, number>>;

/** What has been published, as it is kept. */
interface Kept {
  readonly topic: string;
  readonly data: string | Uint8Array;
  readonly compress: boolean;
}

interface Entry extends Kept {
  readonly source: string;
  readonly number: number;
  readonly atMs: number;
}

/** Longer than a WebSocket may take to move. */
const KEPT_MS = 10_000;
/** A WebSocket that moves while more is published misses something. */
const MOST_BYTES = 16 * 1024 * 1024;

export class History {
  readonly #latest = new Map<string, number>();
  #entries: Entry[] = [];
  /** Those before are dropped. */
  #begin = 0;
  #bytes = 0;

  /**
   * @param own who publishes here
   * @param keeps whether WebSockets may come from other workers
   */
  constructor(
    readonly own: string,
    readonly keeps: boolean,
  ) {}

  /** This worker has published something. Returns its number. */
  publish(message: Kept): number {
    const number = (this.#latest.get(this.own) ?? 0) + 1;
    this.note(this.own, number, message);
    return number;
  }

  /** Something has been delivered. @param message whose bytes may change later */
  note(source: string, number: number, message: Kept): void {
    this.#latest.set(source, number);
    if (!this.keeps) return;
    const { topic, data, compress } = message;
    const kept = typeof data === "string" ? data : data.slice();
    this.#entries.push({ source, number, atMs: performance.now(), topic, data: kept, compress });
    this.#bytes += kept.length;
    this.#forget();
  }

  #forget(): void {
    const beforeMs = performance.now() - KEPT_MS;
    for (;;) {
      const oldest = this.#entries[this.#begin];
      if (oldest === undefined || (oldest.atMs >= beforeMs && this.#bytes <= MOST_BYTES)) break;
      this.#bytes -= oldest.data.length;
      this.#begin++;
    }
    // Half of it is nothing: so each entry is moved once, on average.
    if (this.#begin * 2 < this.#entries.length) return;
    this.#entries = this.#entries.slice(this.#begin);
    this.#begin = 0;
  }

  /** How far all of it has come here. */
  get cut(): Cut {
    return Object.fromEntries(this.#latest);
  }

  /**
   * What has been published on these topics since then, in the order in which it came here. It
   * looks no further back than it has to: it is called for each WebSocket that comes.
   */
  since(cut: Cut, topics: readonly string[]): readonly Kept[] {
    const wanted = new Set(topics);
    const pending = new Set<string>();
    for (const [source, number] of this.#latest) {
      if (number > (cut[source] ?? 0)) pending.add(source);
    }
    const found: Kept[] = [];
    for (let at = this.#entries.length - 1; at >= this.#begin && pending.size > 0; at--) {
      const { source, number, topic, data, compress } = this.#entries[at] as Entry;
      const from = cut[source] ?? 0;
      if (number > from && wanted.has(topic)) found.push({ topic, data, compress });
      if (number <= from + 1) pending.delete(source);
    }
    return found.toReversed();
  }
}
