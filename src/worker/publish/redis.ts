// A channel of a Redis: two connections, one that publishes and one that has subscribed, which are
// made again, together, whenever one of them ends or does not answer.
//
// Bun's client would connect again by itself, but does not subscribe again then, and gives up after
// a while. What is published while there is no Redis is not kept: it would come late.
import type { WorkerLog } from "../worker-log.ts";
import { Lost } from "./lost.ts";

/** The part of `Bun.RedisClient` that is used. */
export interface Client {
  onclose: ((error: Error) => void) | null;
  connect(): Promise<unknown>;
  close(): void;
  ping(): Promise<unknown>;
  publish(channel: string, text: string): Promise<unknown>;
  subscribe(channel: string, listener: (text: string) => void): Promise<unknown>;
}

interface Place {
  readonly url: string;
  readonly channel: string;
  readonly shown: string;
}

/** A message that would have more wait for Redis is not sent. */
const MOST_WAITING = 16 * 1024 * 1024;
const CONNECT_MS = 5000;
/** How often it is asked whether it is there, and how long it may take to answer. */
const ASK_EACH_MS = 5000;
const ANSWER_MS = 5000;
/** The wait before the next try; it doubles. */
const FIRST_WAIT_MS = 100;
const LONGEST_WAIT_MS = 5000;

/** Bun's own, without its own ways to connect again. */
function openClient(url: string): Client {
  const options = { autoReconnect: false, enableOfflineQueue: false };
  return new Bun.RedisClient(url, { ...options, connectionTimeout: CONNECT_MS }) as Client;
}

interface Connected {
  readonly publisher: Client;
  readonly subscriber: Client;
}

export class Redis {
  #connected: Connected | undefined;
  /** The clients of the present try. */
  #clients: readonly Client[] = [];
  #waitMs = FIRST_WAIT_MS;
  #isTold = false;
  /** How many messages it has not got since it was lost. */
  #missed = 0;
  #waitingBytes = 0;
  readonly #lost: Lost;

  /** @param onText gets what comes on the channel, what this one has published included */
  constructor(
    readonly place: Place,
    readonly onText: (text: string) => void,
    readonly log: Pick<WorkerLog, "info" | "warn">,
    readonly open: (url: string) => Client = openClient,
  ) {
    const why = `to other servers: ${place.shown} takes no more (websocket.publish)`;
    this.#lost = new Lost((event, words) => log.warn(event, words), why);
  }

  /** Connects for as long as the process lives. Resolves after the first try. */
  async connect(): Promise<void> {
    const [publisher, subscriber] = [this.open(this.place.url), this.open(this.place.url)];
    const clients = [publisher, subscriber];
    this.#clients = clients;
    const onclose = (error: Error): void => this.#end(clients, error);
    for (const client of clients) Object.assign(client, { onclose });
    try {
      await Promise.all([publisher.connect(), subscriber.connect()]);
      await subscriber.subscribe(this.place.channel, (text) => {
        if (this.#clients === clients) this.onText(text);
      });
    } catch (error) {
      return this.#end(clients, error);
    }
    if (this.#clients === clients) this.#begin({ publisher, subscriber });
  }

  #begin(connected: Connected): void {
    this.#connected = connected;
    this.#waitMs = FIRST_WAIT_MS;
    this.#waitingBytes = 0;
    this.#askSoon(connected);
    if (!this.#isTold) return;
    this.#isTold = false;
    const missed = this.#missed === 0 ? "" : `; it has missed ${this.#missed} message(s)`;
    this.#missed = 0;
    this.log.info("redis-back", `${this.place.shown} is there again${missed}`);
  }

  /** A try, or the connections that it has made, have come to an end. */
  #end(clients: readonly Client[], error: unknown): void {
    if (this.#clients !== clients) return;
    this.#clients = [];
    this.#connected = undefined;
    for (const client of clients) client.close();
    this.#tell(error);
    setTimeout(() => void this.connect(), this.#waitMs * (0.5 + Math.random() / 2)).unref();
    this.#waitMs = Math.min(LONGEST_WAIT_MS, 2 * this.#waitMs);
  }

  #tell(error: unknown): void {
    if (this.#isTold) return;
    this.#isTold = true;
    const why = error instanceof Error ? error.message : String(error);
    const what = `${this.place.shown} is not there (${why})`;
    this.log.warn("redis-lost", `${what}: what is published reaches this server alone`);
  }

  /** A machine that is gone closes no connection. */
  #askSoon(connected: Connected): void {
    setTimeout(() => {
      if (this.#connected === connected) void this.#ask(connected);
    }, ASK_EACH_MS).unref();
  }

  async #ask(connected: Connected): Promise<void> {
    const clients = this.#clients;
    const late = setTimeout(() => this.#end(clients, new Error("no answer")), ANSWER_MS);
    try {
      await Promise.all([connected.publisher.ping(), connected.subscriber.ping()]);
      this.#askSoon(connected);
    } catch (error) {
      this.#end(clients, error);
    } finally {
      clearTimeout(late);
    }
  }

  publish(text: string): void {
    const connected = this.#connected;
    if (connected === undefined) {
      this.#missed++;
      return;
    }
    const waiting = this.#waitingBytes;
    if (waiting > 0 && waiting + text.length > MOST_WAITING) return this.#lost.note();
    this.#waitingBytes += text.length;
    const isOver = (): void => {
      if (this.#connected === connected) this.#waitingBytes -= text.length;
    };
    connected.publisher.publish(this.place.channel, text).then(isOver, () => {
      isOver();
      this.#missed++;
    });
  }
}
