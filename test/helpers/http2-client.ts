// A client of HTTP/2 that keeps asking, and repeats what the protocol hands back to it: a stream
// above the last one that a GOAWAY names, one that was refused, and one that was never sent. By
// node:http2, so that it can run under Node as well.
import { type ClientHttp2Session, connect } from "node:http2";

export interface Http2Result {
  requests: number;
  /** Handed back, and asked again. */
  repeated: number;
  /** Why, of those that could not be asked again. */
  readonly lost: string[];
  /** How many answers had each text. */
  readonly texts: Record<string, number>;
}

interface Failed extends Error {
  code?: string;
}

const REFUSED_STREAM = 7;

/** @returns ends it, and says how it went */
export function keepAsking(
  url: string,
  { connections = 2, streams = 4, path = "/" } = {},
): { readonly result: Http2Result; stop(): Promise<Http2Result> } {
  const result: Http2Result = { requests: 0, repeated: 0, lost: [], texts: {} };
  const state = { isOver: false };
  const session = async (): Promise<void> => {
    while (!state.isOver) {
      const one = new Session(url, path, result);
      const lane = async (): Promise<void> => {
        while (!state.isOver && one.isUsable) await one.ask();
      };
      await Promise.all(Array.from({ length: streams }, lane));
      one.close();
    }
  };
  const all = Array.from({ length: connections }, session);
  return {
    result,
    async stop() {
      state.isOver = true;
      await Promise.all(all);
      return result;
    },
  };
}

class Session {
  readonly #http2: ClientHttp2Session;
  #last = Number.POSITIVE_INFINITY;
  #isGone = false;

  constructor(
    url: string,
    readonly path: string,
    readonly result: Http2Result,
  ) {
    this.#http2 = connect(url, { rejectUnauthorized: false });
    this.#http2.on("goaway", (_code: number, last: number) => {
      this.#isGone = true;
      this.#last = Math.min(this.#last, last);
    });
    const leave = (): void => void (this.#isGone = true);
    this.#http2.on("error", leave).on("close", leave);
  }

  get isUsable(): boolean {
    return !this.#isGone && !this.#http2.closed && !this.#http2.destroyed;
  }

  /** One request; it never rejects. */
  ask(): Promise<void> {
    return new Promise((resolve) => {
      const stream = this.#http2.request({ ":path": this.path });
      let status: number | undefined;
      let text = "";
      let whole = false;
      let error: Failed | undefined;
      stream.setEncoding("utf8");
      stream.on("response", (headers) => void (status = headers[":status"]));
      stream.on("data", (part: string) => void (text += part));
      stream.on("end", () => void (whole = true));
      stream.on("error", (thrown: Failed) => void (error = thrown));
      stream.on("close", () => {
        if (whole && status === 200) {
          this.result.requests++;
          this.result.texts[text] = (this.result.texts[text] ?? 0) + 1;
        } else if (status === undefined && this.#isHandedBack(stream.id, stream.rstCode)) {
          this.result.repeated++;
        } else {
          this.#isGone = true;
          this.result.lost.push(`${status} ${error?.code} stream ${stream.id} after ${this.#last}`);
        }
        resolve();
      });
      stream.end();
    });
  }

  #isHandedBack(id: number | undefined, code: number | undefined): boolean {
    return id === undefined || id > this.#last || code === REFUSED_STREAM;
  }

  close(): void {
    this.#http2.close();
  }
}
