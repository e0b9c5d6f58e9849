// A connection with nothing between us and the kernel but TLS: no pool, no hidden retry. It
// remembers how it ended (FIN or RST), which the load must distinguish.
import { dial } from "./dial.ts";
import type { Endpoint, Protocol } from "./endpoint.ts";
import { Inbox } from "./inbox.ts";
import { type Ending, lossKindOf, type Line } from "./line.ts";
import { Loss } from "./loss.ts";
import { Outbox } from "./outbox.ts";

const CONNECT_TIMEOUT_MS = 10_000;
/** What never ends is given up that long after its deadline, even if more is there to read. */
const TO_READ_ON_MS = 1000;

export class RawSocket {
  readonly #inbox = new Inbox();
  readonly #outbox = new Outbox();
  #line: Line | undefined;
  #receivedSinceSend = 0;
  /** How the other side ended the connection, once it has. */
  ended: Ending | undefined;

  /** Over TCP, in the clear. */
  static connect(host: string, port: number, timeoutMs = CONNECT_TIMEOUT_MS): Promise<RawSocket> {
    return RawSocket.open({ host, port }, timeoutMs);
  }

  static async open(
    endpoint: Endpoint,
    timeoutMs = CONNECT_TIMEOUT_MS,
    protocol: Protocol = "http/1.1",
  ): Promise<RawSocket> {
    const raw = new RawSocket();
    raw.#line = await dial(
      { endpoint, protocol, timeoutMs },
      {
        received: (bytes) => raw.#received(bytes),
        drained: () => raw.#flush(),
        ended: (ending) => raw.#end(ending),
      },
    );
    return raw;
  }

  /**
   * Sends all of `data`, in order. Does nothing if the connection has ended: reading shows that.
   */
  send(data: string | Uint8Array): void {
    this.#receivedSinceSend = 0;
    this.#outbox.add(typeof data === "string" ? new TextEncoder().encode(data) : data);
    this.#flush();
  }

  /** Whether bytes have arrived that nobody has read yet. */
  get hasUnread(): boolean {
    return this.#inbox.length > 0;
  }

  /** Waits until there is something to read, or the connection has ended. False: neither. */
  async isReadable(untilMs: number): Promise<boolean> {
    if (this.hasUnread || this.ended !== undefined) return true;
    return this.#inbox.untilWoken(untilMs);
  }

  /** What has come and nobody has read yet, or what comes next. Undefined: the FIN has come. */
  async takeSome(deadlineMs: number): Promise<Uint8Array | undefined> {
    while (!this.hasUnread) {
      if (this.ended?.kind === "closed") return undefined;
      await this.#more(deadlineMs);
    }
    return this.#inbox.take();
  }

  /** Gives back the last part of what `takeSome` gave. */
  putBack(bytes: Uint8Array): void {
    this.#inbox.putBack(bytes);
  }

  /** The next `length` bytes. A connection that ends before that is a loss. */
  async take(length: number, deadlineMs: number): Promise<Uint8Array> {
    while (this.#inbox.length < length) await this.#more(deadlineMs);
    return this.#inbox.take(length);
  }

  /** Resolves when the other side has ended the connection, whichever way. */
  async untilEnded(deadlineMs: number): Promise<Ending> {
    while (this.ended === undefined) await this.#wait(deadlineMs);
    return this.ended;
  }

  /** For a client that has every right to find its connection open. Throws a `Loss` otherwise. */
  requireOpen(when: string): void {
    if (this.ended === undefined) return;
    throw new Loss(lossKindOf(this.ended), `${this.ended.detail} ${when}`);
  }

  /** For what goes on and on: reading alone waits only where nothing comes. Throws a `Loss`. */
  requireTime(deadlineMs: number): void {
    if (performance.now() < deadlineMs + TO_READ_ON_MS) return;
    throw new Loss("timeout", `not whole after ${this.#receivedSinceSend} bytes`);
  }

  /** How many bytes have come since the last `send`. */
  get receivedSinceSend(): number {
    return this.#receivedSinceSend;
  }

  /** The loss that the end of this connection means to whoever waits for more. */
  lossOfEnd(): Loss {
    const ending = this.ended ?? { kind: "closed", detail: "not yet ended" };
    const got = `after ${this.#receivedSinceSend} bytes of the reply`;
    return new Loss(lossKindOf(ending), `${ending.detail} ${got}`);
  }

  /** Reads nothing more from the kernel until `resume`. */
  pause(): void {
    this.#line?.pause();
  }

  resume(): void {
    this.#line?.resume();
  }

  close(): void {
    this.#line?.end();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  async #more(deadlineMs: number): Promise<void> {
    if (this.ended !== undefined) throw this.lossOfEnd();
    await this.#wait(deadlineMs);
  }

  /** Waits for bytes or the end, whichever comes first. */
  async #wait(deadlineMs: number): Promise<void> {
    if (await this.#inbox.untilWoken(deadlineMs)) return;
    throw new Loss("timeout", `nothing more after ${this.#receivedSinceSend} bytes`);
  }

  #received(bytes: Uint8Array): void {
    this.#receivedSinceSend += bytes.length;
    this.#inbox.add(bytes);
  }

  #end(ending: Ending): void {
    const isReset = ending.kind === "closed" && this.#outbox.isRefused;
    this.ended = isReset ? { kind: "reset", detail: "ECONNRESET" } : ending;
    this.#inbox.wake();
  }

  #flush(): void {
    if (this.#line !== undefined && this.ended === undefined) this.#outbox.flush(this.#line);
  }
}
