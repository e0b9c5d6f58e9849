// Tells pages in browsers which version of the app serves, over a stream that ends when its worker
// begins to drain: the browser opens it again then, and the next version answers.
import { NativeResponse } from "../http/native.ts";

/** Where the streams are: a name that no app has by accident. */
export const EVENTS_PATH = "/_pounce/events";
/** A stream that says nothing for `keep_alive_timeout` would be taken for an idle connection. */
const BEAT_MS = 2000;
/** How long a browser waits before it opens a stream again. */
const RETRY_MS = 50;

const HEADERS = {
  "content-type": "text/event-stream",
  "cache-control": "no-store",
  // What comes next over this connection is for the next version.
  connection: "close",
};

export class EventStreams {
  readonly #open = new Set<ReadableStreamDefaultController<string>>();
  #hasEnded = false;
  #beat: Timer | undefined;

  /** @param version what differs between any two versions of the app */
  constructor(readonly version: string) {}

  /** A stream that says the version, and then nothing. */
  answer(): Response {
    let own: ReadableStreamDefaultController<string> | undefined;
    const body = new ReadableStream<string>({
      start: (controller) => {
        own = controller;
        controller.enqueue(`retry: ${RETRY_MS}\ndata: ${this.version}\n\n`);
        if (this.#hasEnded) return controller.close();
        this.#open.add(controller);
        this.#beat ??= setInterval(() => this.#tellAll(":\n\n"), BEAT_MS).unref();
      },
      cancel: () => void (own && this.#forget(own)),
    });
    return new NativeResponse(body, { headers: HEADERS });
  }

  /** How many are open. */
  get size(): number {
    return this.#open.size;
  }

  /** Ends all, and each that is opened later. */
  end(): void {
    this.#hasEnded = true;
    for (const controller of this.#open) {
      controller.close();
      this.#forget(controller);
    }
  }

  #tellAll(text: string): void {
    for (const controller of this.#open) controller.enqueue(text);
  }

  #forget(controller: ReadableStreamDefaultController<string>): void {
    this.#open.delete(controller);
    if (this.#open.size > 0) return;
    clearInterval(this.#beat);
    this.#beat = undefined;
  }
}
