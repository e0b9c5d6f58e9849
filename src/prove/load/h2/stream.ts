// One request of an HTTP/2 connection, from the client's side, and what has come of its answer.
import { Loss } from "../loss.ts";
import type { Header } from "./hpack.ts";

/**
 * A server has said, as HTTP/2 allows, that it did not look at a request: it may be sent again, and
 * is not lost.
 */
export class Returned extends Error {
  /** @param words how it was said */
  constructor(readonly words: string) {
    super(words);
    this.name = "Returned";
  }
}

export interface H2Head {
  readonly status: number;
  readonly headers: ReadonlyMap<string, string>;
}

export interface H2Answer extends H2Head {
  readonly bodyBytes: number;
}

/** Who is told of an answer before it is whole. */
export interface Listener {
  onHead?(head: H2Head): void;
  onData?(bytes: Uint8Array): void;
}

interface Opened {
  readonly id: number;
  readonly method: string;
  /** How many bytes of its body the server takes. */
  readonly window: number;
  /** When it is given up, by `performance.now()`. */
  readonly deadlineMs: number;
  readonly listener: Listener;
}

export class H2Stream {
  /** Rejects with a `Loss`, or with `Returned`. */
  readonly whole: Promise<H2Answer>;
  readonly id: number;
  /** When it is given up, by `performance.now()`; a stream that goes on sets it anew. */
  deadlineMs: number;
  isLate = false;
  /** How many more bytes of its body the server takes. */
  window: number;
  head: H2Head | undefined;
  bodyBytes = 0;
  /** Whether it has its answer, or gets none. */
  isOver = false;
  readonly #method: string;
  readonly #listener: Listener;
  readonly #settled = Promise.withResolvers<H2Answer>();

  constructor({ id, method, window, deadlineMs, listener }: Opened) {
    this.id = id;
    this.window = window;
    this.deadlineMs = deadlineMs;
    this.#method = method;
    this.#listener = listener;
    this.whole = this.#settled.promise;
    this.whole.catch(() => undefined);
  }

  /** Throws a `Loss` for what is no answer. */
  onHeaders(all: readonly Header[], isEnd: boolean): void {
    // After the head there are trailers.
    const headers = new Map(all);
    if (this.head === undefined) {
      const status = Number(headers.get(":status"));
      if (!(status >= 100 && status <= 999)) throw new Loss("wrong", "an answer without a status");
      if (status < 200) return;
      this.head = { status, headers };
      this.#listener.onHead?.(this.head);
    }
    if (isEnd) this.#end();
  }

  onData(bytes: Uint8Array, isEnd: boolean): void {
    if (this.head === undefined) throw new Loss("wrong", "a body before its head");
    this.bodyBytes += bytes.length;
    if (bytes.length > 0) this.#listener.onData?.(bytes);
    if (isEnd) this.#end();
  }

  /** It gets no more: with a `Loss`, or `Returned`. */
  fail(error: Error): void {
    this.isOver = true;
    this.#settled.reject(error);
  }

  #end(): void {
    const { head, bodyBytes } = this;
    if (head === undefined) {
      this.fail(new Loss("wrong", "an answer that ends before its head"));
      return;
    }
    const length = head.headers.get("content-length");
    const isShort = this.#method !== "HEAD" && length !== undefined && Number(length) !== bodyBytes;
    if (isShort) {
      this.fail(new Loss("cut", `ended after ${bodyBytes} bytes of ${length} of the reply`));
      return;
    }
    this.isOver = true;
    this.#settled.resolve({ ...head, bodyBytes });
  }
}
