// A connection of HTTP/2 (RFC 9113), from the client's side. It knows which requests a server has
// handed back (those above the last stream of a GOAWAY, and REFUSED_STREAM), and which it has lost.
import type { Endpoint } from "../endpoint.ts";
import { type Ending, lossKindOf } from "../line.ts";
import { Loss } from "../loss.ts";
import { RawSocket } from "../raw-socket.ts";
import { Bodies, USUAL_WINDOW } from "./bodies.ts";
import { carriedBy, FrameReader, HeaderBlocks } from "./frame-reader.ts";
import {
  errorName,
  FLAG,
  type Frame,
  frame,
  PREFACE,
  SETTING,
  settingsIn,
  settingsPayload,
  TYPE,
  word,
} from "./frames.ts";
import { Streams } from "./streams.ts";
import { HeaderDecoder } from "./hpack.ts";
import { H2Stream, type Listener, Returned } from "./stream.ts";

export interface H2Request {
  readonly method: string;
  /** Its headers, as hpack.ts writes them. */
  readonly block: Buffer;
  readonly body: Uint8Array | undefined;
}

/** The server may send as much as it likes: what comes is counted, and forgotten. */
const WIDE = 2 ** 31 - 1;
/** When so much of that is used up, it is opened again. */
const USED_UP = 2 ** 30;
/** How often it is looked whether an answer is late. One that is, is given up the next time. */
const LOOK_MS = 50;
const LONG_MS = 60_000;
const CANCEL = 8;
const REFUSED_STREAM = 7;

const OUR_SETTINGS = settingsPayload({
  [SETTING.enablePush]: 0,
  [SETTING.initialWindowSize]: WIDE,
});

export class H2Connection {
  readonly #streams = new Streams();
  readonly #reader = new FrameReader();
  readonly #blocks = new HeaderBlocks();
  readonly #decoder = new HeaderDecoder();
  readonly #bodies = new Bodies((bytes) => this.socket.send(bytes));
  readonly #timer: ReturnType<typeof setInterval>;
  #nextId = 1;
  #theirWindow = USUAL_WINDOW;
  #mostStreams = Number.POSITIVE_INFINITY;
  #received = 0;
  /** What a GOAWAY said; undefined: there was none. */
  #goAway: string | undefined;
  #isOver = false;

  /** How it ended while nothing was asked on it, and without a GOAWAY; undefined: it did not. */
  endedIdle: Ending | undefined;

  /** Throws a `Loss` if there is no connection. */
  static async open(endpoint: Endpoint, timeoutMs: number): Promise<H2Connection> {
    return new H2Connection(await RawSocket.open(endpoint, timeoutMs, "h2"));
  }

  private constructor(readonly socket: RawSocket) {
    const widen = frame(TYPE.windowUpdate, 0, 0, word(WIDE - USUAL_WINDOW));
    socket.send(Buffer.concat([PREFACE, frame(TYPE.settings, 0, 0, OUR_SETTINGS), widen]));
    this.#timer = setInterval(() => this.#giveUpLate(), LOOK_MS);
    void this.#read();
  }

  /** What a GOAWAY said, if there was one: then no request can be sent on it any more. */
  get goAway(): string | undefined {
    return this.#goAway;
  }

  /** Whether a request can be sent on it, or could if others had ended. */
  get isOpen(): boolean {
    return !this.#isOver && this.#goAway === undefined && this.socket.ended === undefined;
  }

  /** Resolves when it has room for one more request, or is not open any more. */
  async untilRoom(): Promise<void> {
    while (this.isOpen && this.#streams.size >= this.#mostStreams) {
      await this.#streams.change();
    }
  }

  /** Sends a request, on a connection that is open. */
  request(request: H2Request, deadlineMs: number, listener: Listener = {}): H2Stream {
    const { method, block, body } = request;
    const id = this.#nextId;
    this.#nextId += 2;
    const stream = new H2Stream({ id, method, window: this.#theirWindow, deadlineMs, listener });
    this.#streams.add(stream);
    const flags = FLAG.endHeaders | (body === undefined ? FLAG.endStream : 0);
    this.socket.send(frame(TYPE.headers, flags, id, block));
    if (body !== undefined) this.#bodies.add(stream, body);
    return stream;
  }

  /** The client needs no more of an answer. */
  cancel(stream: H2Stream): void {
    if (this.#streams.get(stream.id) === undefined) return;
    this.socket.send(frame(TYPE.resetStream, 0, stream.id, word(CANCEL)));
    this.#streams.fail(stream, new Loss("cut", "the client has left"));
  }

  /** Closes it when what was asked on it has its answers. */
  async leave(): Promise<void> {
    while (this.#streams.size > 0) await this.#streams.change();
    this[Symbol.dispose]();
  }

  [Symbol.dispose](): void {
    this.#isOver = true;
    clearInterval(this.#timer);
    this.#streams.wake();
    this.socket.close();
  }

  /** Until the end of the connection, whichever way. */
  async #read(): Promise<void> {
    try {
      while (!this.#isOver) {
        if (!(await this.socket.isReadable(performance.now() + LONG_MS))) continue;
        const bytes = await this.socket.takeSome(performance.now() + LONG_MS);
        if (bytes === undefined) break;
        for (const one of this.#reader.take(bytes)) {
          const whole = this.#blocks.take(one);
          if (whole !== undefined) this.#take(whole);
        }
      }
    } catch (error) {
      // An end other than by a FIN is thrown as well.
      if (this.socket.ended === undefined) return this.#failAll(error as Error);
    }
    this.#onEnd();
  }

  #take(one: Frame): void {
    const { type, flags, stream: id, payload } = one;
    const stream = this.#streams.get(id);
    const isEnd = (flags & FLAG.endStream) !== 0;
    switch (type) {
      case TYPE.data:
        this.#onReceived(payload.length);
        return this.#streams.give(stream, (it) => it.onData(carriedBy(one), isEnd));
      case TYPE.headers: {
        const headers = this.#decoder.decode(payload);
        return this.#streams.give(stream, (it) => it.onHeaders(headers, isEnd));
      }
      case TYPE.resetStream:
        return this.#onReset(stream, payload.readUInt32BE(0));
      case TYPE.settings:
        return this.#onSettings(one);
      case TYPE.ping:
        if ((flags & FLAG.ack) === 0) this.socket.send(frame(TYPE.ping, FLAG.ack, 0, payload));
        return;
      case TYPE.goAway:
        return this.#onGoAway(payload);
      case TYPE.windowUpdate:
        return this.#onWindow(id, stream, payload.readUInt32BE(0));
      case TYPE.pushPromise:
        throw new Loss("wrong", "a PUSH_PROMISE, which the client has forbidden");
      default: // What is not known is passed over.
    }
  }

  #onReset(stream: H2Stream | undefined, code: number): void {
    if (stream === undefined) return;
    const name = errorName(code);
    const got = `${name} after ${stream.bodyBytes} bytes of the reply`;
    this.#streams.fail(
      stream,
      code === REFUSED_STREAM ? new Returned(name) : new Loss("reset", got),
    );
  }

  #onSettings(one: Frame): void {
    if ((one.flags & FLAG.ack) !== 0) return;
    for (const [id, value] of settingsIn(one)) {
      if (id === SETTING.maxConcurrentStreams) this.#mostStreams = value;
      if (id !== SETTING.initialWindowSize) continue;
      for (const stream of this.#streams.all) stream.window += value - this.#theirWindow;
      this.#theirWindow = value;
    }
    this.socket.send(frame(TYPE.settings, FLAG.ack, 0));
    this.#bodies.flush();
  }

  /** What is above its last stream, the server has not looked at. */
  #onGoAway(payload: Buffer): void {
    const last = payload.readUInt32BE(0) & WIDE;
    this.#goAway = `GOAWAY ${errorName(payload.readUInt32BE(4))}`;
    for (const stream of this.#streams.all) {
      if (stream.id > last) this.#streams.fail(stream, new Returned("above the last of a GOAWAY"));
    }
    this.#streams.wake();
  }

  #onWindow(id: number, stream: H2Stream | undefined, bytes: number): void {
    if (id === 0) this.#bodies.widen(bytes);
    if (stream === undefined) return;
    stream.window += bytes;
    this.#bodies.flush();
  }

  #onReceived(bytes: number): void {
    this.#received += bytes;
    if (this.#received < USED_UP) return;
    this.socket.send(frame(TYPE.windowUpdate, 0, 0, word(this.#received)));
    this.#received = 0;
  }

  /** What has no answer by then is lost, unless it was handed back before. */
  #onEnd(): void {
    const { ended } = this.socket;
    if (ended === undefined) return;
    if (this.#streams.size === 0 && this.#goAway === undefined) this.endedIdle = ended;
    const after = this.#goAway === undefined ? "without GOAWAY" : `after ${this.#goAway}`;
    for (const stream of this.#streams.all) {
      const got = `${after}, after ${stream.bodyBytes} bytes of the reply`;
      this.#streams.fail(stream, new Loss(lossKindOf(ended), `${ended.detail} ${got}`));
    }
    this.#streams.wake();
    clearInterval(this.#timer);
  }

  #failAll(error: Error): void {
    for (const stream of this.#streams.all) this.#streams.fail(stream, error);
    this[Symbol.dispose]();
  }

  #giveUpLate(): void {
    for (const stream of this.#streams.takeLate(performance.now())) {
      this.socket.send(frame(TYPE.resetStream, 0, stream.id, word(CANCEL)));
      const got = `nothing more after ${stream.bodyBytes} bytes of the reply`;
      this.#streams.fail(stream, new Loss("timeout", got));
    }
  }
}
