// A TCP connection with nothing between us and the kernel: no pool, no hidden retry. It remembers
// how it ended (FIN or RST), which the load must distinguish.
import { closeSync, openSync } from "node:fs";
import type { Socket } from "bun";
import { Loss } from "./loss.ts";

interface Ending {
  /** Closed by a FIN, or reset. */
  readonly kind: "closed" | "reset";
  readonly detail: string;
}

const CONNECT_TIMEOUT_MS = 10_000;
/** A process that was stopped, or busy, first reads what has come meanwhile. */
const TO_CATCH_UP_MS = 5;
/** What never ends is given up that long after its deadline, even if more is there to read. */
const TO_READ_ON_MS = 1000;
const NOTHING = new Uint8Array();

export class RawSocket {
  #socket: Socket | undefined;
  #unread: Uint8Array = NOTHING;
  #unsent: Uint8Array[] = [];
  #receivedSinceSend = 0;
  #couldNotSend = false;
  #wake: (() => void) | undefined;
  /** How the other side ended the connection, once it has. */
  ended: Ending | undefined;

  static async connect(
    host: string,
    port: number,
    timeoutMs = CONNECT_TIMEOUT_MS,
  ): Promise<RawSocket> {
    const raw = new RawSocket();
    const connecting = Bun.connect({
      hostname: host,
      port,
      socket: {
        data: (_, bytes) => raw.#received(bytes),
        close: (_, error) => raw.#closed(error),
        drain: () => raw.#flush(),
        connectError: () => {},
      },
    });
    const timeout = Promise.withResolvers<never>();
    const timer = setTimeout(
      () => timeout.reject(new Loss("timeout", `no connection within ${timeoutMs} ms`)),
      timeoutMs,
    );
    try {
      raw.#socket = await Promise.race([connecting, timeout.promise]);
      return raw;
    } catch (error) {
      void connecting.then((late) => late.end()).catch(() => {});
      throw connectLoss(error);
    } finally {
      clearTimeout(timer);
    }
  }

  /**
   * Sends all of `data`, in order. Does nothing if the connection has ended: reading shows that.
   */
  send(data: string | Uint8Array): void {
    this.#receivedSinceSend = 0;
    this.#unsent.push(typeof data === "string" ? new TextEncoder().encode(data) : data);
    this.#flush();
  }

  /** Whether bytes have arrived that nobody has read yet. */
  get hasUnread(): boolean {
    return this.#unread.length > 0;
  }

  /** Waits until there is something to read, or the connection has ended. False: neither. */
  async isReadable(untilMs: number): Promise<boolean> {
    if (this.#unread.length > 0 || this.ended !== undefined) return true;
    return this.#isWoken(untilMs);
  }

  /** What has come and nobody has read yet, or what comes next. Undefined: the FIN has come. */
  async takeSome(deadlineMs: number): Promise<Uint8Array | undefined> {
    while (this.#unread.length === 0) {
      if (this.ended?.kind === "closed") return undefined;
      await this.#more(deadlineMs);
    }
    const taken = this.#unread;
    this.#unread = NOTHING;
    return taken;
  }

  /** Gives back the last part of what `takeSome` gave. */
  putBack(bytes: Uint8Array): void {
    if (bytes.length === 0) return;
    this.#unread = this.#unread.length === 0 ? bytes : Buffer.concat([bytes, this.#unread]);
  }

  /** The next `length` bytes. A connection that ends before that is a loss. */
  async take(length: number, deadlineMs: number): Promise<Uint8Array> {
    while (this.#unread.length < length) await this.#more(deadlineMs);
    const taken = this.#unread.slice(0, length);
    this.#unread = this.#unread.slice(length);
    return taken;
  }

  /** Resolves when the other side has ended the connection, whichever way. */
  async untilEnded(deadlineMs: number): Promise<Ending> {
    while (this.ended === undefined) await this.#wait(deadlineMs);
    return this.ended;
  }

  /** For a client that has every right to find its connection open. Throws a `Loss` otherwise. */
  requireOpen(when: string): void {
    if (this.ended === undefined) return;
    const { kind, detail } = this.ended;
    throw new Loss(kind === "closed" ? "cut" : kind, `${detail} ${when}`);
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
    const { kind, detail } = this.ended ?? { kind: "closed", detail: "not yet ended" };
    const got = `after ${this.#receivedSinceSend} bytes of the reply`;
    return new Loss(kind === "closed" ? "cut" : kind, `${detail} ${got}`);
  }

  /** Reads nothing more from the kernel until `resume`. */
  pause(): void {
    this.#socket?.pause();
  }

  resume(): void {
    this.#socket?.resume();
  }

  close(): void {
    this.#socket?.end();
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
    if (await this.#isWoken(deadlineMs)) return;
    throw new Loss("timeout", `nothing more after ${this.#receivedSinceSend} bytes`);
  }

  async #isWoken(deadlineMs: number): Promise<boolean> {
    const { promise, resolve } = Promise.withResolvers<boolean>();
    const late = (): void => {
      timer = setTimeout(() => resolve(false), TO_CATCH_UP_MS);
    };
    let timer = setTimeout(late, Math.max(0, deadlineMs - performance.now()));
    this.#wake = () => resolve(true);
    const isWoken = await promise;
    clearTimeout(timer);
    this.#wake = undefined;
    return isWoken;
  }

  #received(bytes: Uint8Array): void {
    this.#receivedSinceSend += bytes.length;
    this.#unread = this.#unread.length === 0 ? bytes : Buffer.concat([this.#unread, bytes]);
    this.#wake?.();
  }

  #closed(error: Error | undefined): void {
    // A write that the kernel refuses takes the error with it: the end then looks like a FIN.
    const lost = this.#couldNotSend ? "ECONNRESET" : undefined;
    const code = error === undefined ? lost : codeOf(error);
    this.ended =
      code === undefined
        ? { kind: "closed", detail: "closed by the server" }
        : { kind: "reset", detail: code };
    this.#wake?.();
  }

  #flush(): void {
    while (this.#unsent.length > 0 && this.ended === undefined) {
      const [first] = this.#unsent;
      if (first === undefined) return;
      const written = this.#socket?.write(first) ?? 0;
      if (written < 0) {
        this.#couldNotSend = true;
        return;
      }
      if (written < first.length) {
        this.#unsent[0] = first.subarray(written);
        return;
      }
      this.#unsent.shift();
    }
  }
}

function connectLoss(error: unknown): unknown {
  if (error instanceof Loss) return error;
  const code = codeOf(error);
  if (code === "ECONNREFUSED") return shortage() ?? new Loss("refused", code);
  if (code === "ECONNRESET" || code === "ECONNABORTED") return new Loss("reset", code);
  if (code === "ETIMEDOUT") return new Loss("timeout", code);
  return error;
}

/** Bun says that a connection was refused also when this process has no descriptor for it. */
function shortage(): unknown {
  try {
    closeSync(openSync("/dev/null", "r"));
    return undefined;
  } catch (error) {
    return error;
  }
}

function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : String(error);
}
