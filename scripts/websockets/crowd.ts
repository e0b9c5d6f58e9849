// Many clients of one server, all in this process. Half of them talk, each once in a while; the
// others are idle, and are asked in the end.
import { percentile } from "../bench/statistics.ts";
import { Client } from "./client.ts";

/** How many connect at a time. */
const AT_ONCE = 100;
const ANSWER_MS = 2000;
const LOOK_MS = 20;

/** What the clients have seen since `watch`. */
export interface Seen {
  readonly sent: number;
  readonly lost: number;
  /** Repeated, or out of order. */
  readonly wrong: number;
  /** Connections that have ended, and that were opened again. */
  readonly ended: number;
  readonly returned: number;
  /** When the last one was opened again, in milliseconds of `performance.now`. */
  readonly lastOpenedMs: number;
  /** The longest that a talker waited for an echo: of half of them, of 99 of 100, of all. */
  readonly waitMs: { readonly p50: number; readonly p99: number; readonly max: number };
}

export async function openAll(port: number, count: number): Promise<Client[]> {
  const clients = Array.from({ length: count }, () => new Client(port));
  for (let from = 0; from < count; from += AT_ONCE) {
    await Promise.all(clients.slice(from, from + AT_ONCE).map((client) => client.open()));
  }
  return clients;
}

export class Crowd {
  readonly talkers: readonly Client[];
  readonly #idle: readonly Client[];
  readonly #timers: (Timer | NodeJS.Timeout)[] = [];

  private constructor(
    readonly clients: readonly Client[],
    readonly eachMs: number,
  ) {
    this.talkers = clients.filter((_, at) => at % 2 === 0);
    this.#idle = clients.filter((_, at) => at % 2 === 1);
  }

  /** Half of them begin to talk, each once in `eachMs`, evenly spread. */
  static async open(port: number, count: number, eachMs: number): Promise<Crowd> {
    const crowd = new Crowd(await openAll(port, count), eachMs);
    const { talkers } = crowd;
    for (const [at, client] of talkers.entries()) {
      const talk = (): void => {
        client.send();
        crowd.#timers.push(setInterval(() => client.send(), eachMs));
      };
      crowd.#timers.push(setTimeout(talk, (eachMs * at) / talkers.length));
    }
    return crowd;
  }

  /** What they waited for until now does not count. */
  watch(): void {
    for (const client of this.clients) client.longestMs = 0;
  }

  get areAllOpen(): boolean {
    return this.clients.every(({ isOpen }) => isOpen);
  }

  /** Resolves when all are open, and none has been closed for some time. */
  async settle(forMs: number): Promise<void> {
    let sinceMs = performance.now();
    let ended = this.#sum((client) => client.ended);
    while (performance.now() - sinceMs < forMs) {
      await Bun.sleep(LOOK_MS);
      const now = this.#sum((client) => client.ended);
      if (now !== ended || !this.areAllOpen) sinceMs = performance.now();
      ended = now;
    }
  }

  /** Nobody talks any more, and the idle ones ask once. */
  async seen(): Promise<Seen> {
    for (const timer of this.#timers) clearTimeout(timer as Timer);
    const waits = this.talkers.map(({ longestMs }) => longestMs);
    for (const client of this.#idle) client.send();
    await Bun.sleep(ANSWER_MS);
    return {
      sent: this.#sum(({ sent }) => sent),
      lost: this.#sum(({ sent, got }) => sent - got),
      wrong: this.#sum(({ wrong }) => wrong),
      ended: this.#sum((client) => client.ended),
      returned: this.#sum(({ returned }) => returned),
      lastOpenedMs: Math.max(...this.clients.map(({ openedMs }) => openedMs)),
      waitMs: {
        p50: percentile(waits, 50),
        p99: percentile(waits, 99),
        max: Math.max(...waits),
      },
    };
  }

  end(): void {
    for (const client of this.clients) client.end();
  }

  #sum(of: (client: Client) => number): number {
    return this.clients.reduce((total, client) => total + of(client), 0);
  }
}
