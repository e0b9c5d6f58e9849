// The server's side of one connection of HTTP/2, as raw as a test needs it.
import type { Socket } from "bun";
import { FrameReader } from "../../../src/prove/load/h2/frame-reader.ts";
import { FLAG, frame, PREFACE, TYPE, word } from "../../../src/prove/load/h2/frames.ts";
import { encodeHeaders } from "../../../src/prove/load/h2/hpack.ts";

/** @param times how many requests there were on the connection, this one included */
export type H2Act = (peer: H2Peer, stream: number, times: number) => void;

export class H2Peer {
  readonly #reader = new FrameReader();
  #preface = PREFACE.length;
  #requests = 0;
  /** What is said within one act goes out at once, so that a client reads it at once. */
  #said: Uint8Array[] = [];

  /** @param number of the connection, from 1 on */
  constructor(
    readonly socket: Socket,
    readonly number: number,
    readonly act: H2Act,
  ) {
    socket.write(frame(TYPE.settings, 0, 0));
  }

  flush(): this {
    this.socket.write(Buffer.concat(this.#said));
    this.#said = [];
    return this;
  }

  end(): void {
    this.flush().socket.end();
  }

  receive(bytes: Uint8Array): void {
    const rest = bytes.subarray(this.#preface);
    this.#preface -= bytes.length - rest.length;
    for (const { type, flags, stream } of this.#reader.take(rest)) {
      if (type === TYPE.settings && (flags & FLAG.ack) === 0) {
        this.socket.write(frame(TYPE.settings, FLAG.ack, 0));
      }
      const isRequest = type === TYPE.headers || type === TYPE.data;
      if (!isRequest || (flags & FLAG.endStream) === 0) continue;
      this.#requests += 1;
      this.act(this, stream, this.#requests);
      this.flush();
    }
  }

  head(stream: number, status: number, headers: Readonly<Record<string, string>> = {}): this {
    const all = Object.entries({ ":status": String(status), ...headers });
    this.#said.push(frame(TYPE.headers, FLAG.endHeaders, stream, encodeHeaders(all)));
    return this;
  }

  data(stream: number, text: string, isEnd: boolean): this {
    const flags = isEnd ? FLAG.endStream : 0;
    this.#said.push(frame(TYPE.data, flags, stream, Buffer.from(text)));
    return this;
  }

  /** A whole answer. */
  answer(stream: number, status = 200): this {
    return this.head(stream, status).data(stream, "hello", true);
  }

  goAway(last: number, code = 0): this {
    const payload = Buffer.concat([word(last), word(code)]);
    this.#said.push(frame(TYPE.goAway, 0, 0, payload));
    return this;
  }

  resetStream(stream: number, code: number): this {
    this.#said.push(frame(TYPE.resetStream, 0, stream, word(code)));
    return this;
  }
}
