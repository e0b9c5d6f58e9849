// Bodies on their way to a server, as far as it takes them: each stream has a window, and the
// connection has one.
import { FLAG, frame, MOST_CARRIED, TYPE } from "./frames.ts";
import type { H2Stream } from "./stream.ts";

export const USUAL_WINDOW = 65_535;

interface Body {
  readonly stream: H2Stream;
  rest: Buffer;
}

export class Bodies {
  #unsent: Body[] = [];
  #window = USUAL_WINDOW;

  constructor(readonly send: (bytes: Buffer) => void) {}

  /** Sends a body, now as much of it as is taken. The end of the stream comes with its end. */
  add(stream: H2Stream, body: Uint8Array): void {
    this.#unsent.push({ stream, rest: Buffer.from(body) });
    this.flush();
  }

  /** The server takes so much more of all. */
  widen(bytes: number): void {
    this.#window += bytes;
    this.flush();
  }

  flush(): void {
    this.#unsent = this.#unsent.filter((body) => !body.stream.isOver && this.#sendSome(body));
  }

  /** Whether something is left of it. */
  #sendSome(body: Body): boolean {
    const { stream } = body;
    while (body.rest.length > 0) {
      const length = Math.min(body.rest.length, this.#window, stream.window, MOST_CARRIED);
      if (length <= 0) return true;
      const piece = body.rest.subarray(0, length);
      body.rest = body.rest.subarray(length);
      this.#window -= length;
      stream.window -= length;
      const flags = body.rest.length === 0 ? FLAG.endStream : 0;
      this.send(frame(TYPE.data, flags, stream.id, piece));
    }
    return false;
  }
}
