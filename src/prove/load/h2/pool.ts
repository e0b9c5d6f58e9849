// The connection of a client that speaks HTTP/2: one at a time, and another one when the server has
// ended that, or sent a GOAWAY.
import type { Client } from "../client.ts";
import { howEnded, lossKindOf } from "../line.ts";
import { Loss } from "../loss.ts";
import type { PlannedPath } from "../plan.ts";
import { H2Connection, type H2Request } from "./connection.ts";
import { h2Request, type Wanted } from "./request.ts";

export class Pool {
  #current: H2Connection | undefined;
  #opening: Promise<H2Connection> | undefined;
  readonly #requests = new Map<string, H2Request>();

  constructor(readonly client: Client) {}

  /** A connection with room for a request. Throws a `Loss` if there is none. */
  async connection(): Promise<H2Connection> {
    for (;;) {
      const current = await this.#open();
      await current.untilRoom();
      if (current.isOpen) return current;
    }
  }

  /** A request of this client. It is made once for each path. */
  request({ path }: PlannedPath, wanted: Omit<Wanted, "path">): H2Request {
    const known =
      this.#requests.get(path) ?? h2Request(this.client.around.plan, { ...wanted, path });
    this.#requests.set(path, known);
    return known;
  }

  /** Closes the connection when what was asked on it has its answers. */
  leave(): void {
    void this.#current?.leave();
    this.#current = undefined;
  }

  #open(): Promise<H2Connection> {
    if (this.#current?.isOpen === true) return Promise.resolve(this.#current);
    this.#opening ??= this.#openAnother().finally(() => (this.#opening = undefined));
    return this.#opening;
  }

  async #openAnother(): Promise<H2Connection> {
    const before = this.#current;
    this.leave();
    if (before !== undefined) this.#tellEnd(before);
    const { endpoint, timeoutMs } = this.client.around.plan;
    this.#current = await H2Connection.open(endpoint, timeoutMs);
    return this.#current;
  }

  /** Why it is not used any more, where no request tells. */
  #tellEnd({ goAway, endedIdle }: H2Connection): void {
    const { tally } = this.client;
    if (goAway !== undefined) tally.sentAway(goAway);
    if (endedIdle === undefined) return;
    if (endedIdle.kind !== "closed") {
      throw new Loss(lossKindOf(endedIdle), `${howEnded(endedIdle)} between requests`);
    }
    tally.closedIdle += 1;
  }
}
