// What has been published lately, by whom, and how far that has come. So a WebSocket that moves
// from one worker to another gets what is published meanwhile, once: the old worker says how far it
// had come when the WebSocket left, and the new one sends what it has got since then.
//
// Each worker numbers what it publishes, and all that it reaches get that in order.

/** How far all of it had come to a worker. */
export interface Cut {
  /** For each that publishes and was heard there, the number of the latest. */
  readonly latest: Readonly<Record<string, number>>;
  /** When that was, by `Date.now()`. */
  readonly atMs: number;
}

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
/** How much later than another worker one may get what a Redis sends to both. */
const ON_THE_WAY_MS = 1000;
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
    const number = this.latest + 1;
    this.note(this.own, number, message);
    return number;
  }

  /** The number of what this worker has published last. */
  get latest(): number {
    return this.#latest.get(this.own) ?? 0;
  }

  /** What a worker publishes from now on comes here: it had published so much by then. */
  noteLatest(source: string, number: number): void {
    if (!this.#latest.has(source)) this.#latest.set(source, number);
  }

  /** Whether that has come here already, perhaps in another way. */
  has(source: string, number: number): boolean {
    return number <= (this.#latest.get(source) ?? 0);
  }

  /** Whether it is known what comes here of it. */
  hears(source: string): boolean {
    return this.#latest.has(source);
  }

  /** Something has been delivered. @param message whose bytes may change later */
  note(source: string, number: number, message: Kept): void {
    this.#latest.set(source, number);
    if (!this.keeps) return;
    const { topic, data, compress } = message;
    const kept = typeof data === "string" ? data : data.slice();
    this.#entries.push({ source, number, atMs: Date.now(), topic, data: kept, compress });
    this.#bytes += kept.length;
    this.#forget();
  }

  #forget(): void {
    const beforeMs = Date.now() - KEPT_MS;
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
    const latest = { [this.own]: 0, ...Object.fromEntries(this.#latest) };
    return { latest, atMs: Date.now() };
  }

  /**
   * What has been published on these topics since then, in the order in which it came here. Of
   * another worker that was not heard where the cut was made, nothing: it had no link to that one.
   * Another server may not have published anything for a long time: then the time decides.
   *
   * It looks no further back than it has to: it is called for each WebSocket that comes.
   */
  since({ latest, atMs }: Cut, topics: readonly string[]): readonly Kept[] {
    const sinceMs = atMs - ON_THE_WAY_MS;
    const wanted = new Set(topics);
    const pending = new Set<string>();
    for (const [source, number] of this.#latest) {
      if (number > (latest[source] ?? (isWorker(source) ? Infinity : -1))) pending.add(source);
    }
    const found: Kept[] = [];
    for (let at = this.#entries.length - 1; at >= this.#begin && pending.size > 0; at--) {
      const entry = this.#entries[at] as Entry;
      const { source, number, topic, data, compress } = entry;
      if (!pending.has(source)) continue;
      const from = latest[source];
      const isDue = from === undefined ? entry.atMs >= sinceMs : number > from;
      if (isDue && wanted.has(topic)) found.push({ topic, data, compress });
      if (!isDue || number - 1 === from) pending.delete(source);
    }
    return found.toReversed();
  }
}

/** A worker of this server, which has a number; others are named after their servers, too. */
function isWorker(source: string): boolean {
  return /^\d+$/.test(source);
}
