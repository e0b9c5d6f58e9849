// One connection of the client that measures transports: TCP, TLS or a Unix socket, HTTP/1.1 or
// HTTP/2. All that it does for an answer is to find its end.
import type { Socket } from "bun";
import { FrameReader } from "../../../src/prove/load/h2/frame-reader.ts";
import { FLAG, frame, PREFACE, TYPE, word } from "../../../src/prove/load/h2/frames.ts";
import { encodeHeaders } from "../../../src/prove/load/h2/hpack.ts";
import { HOST, parseReply, requestBytes } from "../http.ts";

interface TcpPlace {
  readonly port: number;
  /** The server's own, as PEM: then over TLS. */
  readonly cert?: string;
}

export type Place = TcpPlace | { readonly path: string };

export type Protocol = "http/1.1" | "h2";

/** Finds the ends of answers. */
interface Speaker {
  /** What is sent before the first request. */
  readonly opening: Uint8Array | undefined;
  request(): Uint8Array;
  /** How many answers end with these bytes. Throws for what a benchmark does not expect. */
  take(bytes: Uint8Array): number;
}

export class Wire {
  #socket: Socket | undefined;
  #isEnded = false;

  private constructor(
    readonly speaker: Speaker,
    readonly onAnswers: (wire: Wire, count: number) => void,
    readonly onLost: (problem: string) => void,
  ) {}

  /** Resolves when requests can be sent. */
  static async open(
    place: Place,
    protocol: Protocol,
    onAnswers: (wire: Wire, count: number) => void,
    onLost: (problem: string) => void,
  ): Promise<Wire> {
    const speaker = protocol === "h2" ? new Http2() : new Http1();
    const wire = new Wire(speaker, onAnswers, onLost);
    const ready = Promise.withResolvers<void>();
    const socket = {
      data: (_: Socket, bytes: Buffer) => wire.#take(bytes),
      close: () => wire.#onClose(),
      ...("port" in place && place.cert !== undefined
        ? { handshake: (_: Socket, isDone: boolean) => settle(ready, isDone) }
        : { open: () => ready.resolve() }),
    };
    wire.#socket =
      "path" in place
        ? await Bun.connect({ unix: place.path, socket })
        : await Bun.connect({ ...optionsOf(place, protocol), socket });
    await ready.promise;
    if (speaker.opening !== undefined) wire.#socket.write(speaker.opening);
    return wire;
  }

  get localPort(): number {
    return this.#socket?.localPort ?? 0;
  }

  ask(count = 1): void {
    const requests = Array.from({ length: count }, () => this.speaker.request());
    this.#socket?.write(count === 1 ? (requests[0] ?? "") : Buffer.concat(requests));
  }

  end(): void {
    this.#isEnded = true;
    this.#socket?.end();
  }

  #take(bytes: Uint8Array): void {
    try {
      const count = this.speaker.take(bytes);
      if (count > 0) this.onAnswers(this, count);
    } catch (error) {
      this.onLost(String(error));
    }
  }

  #onClose(): void {
    if (!this.#isEnded) this.onLost("the server closed a connection");
  }
}

function settle(ready: PromiseWithResolvers<void>, isDone: boolean): void {
  if (isDone) ready.resolve();
  else ready.reject(new Error("the TLS handshake failed"));
}

function optionsOf({ port, cert }: TcpPlace, protocol: Protocol) {
  if (cert === undefined) return { hostname: HOST, port };
  const ALPNProtocols = protocol === "h2" ? "\x02h2" : "\x08http/1.1";
  return { hostname: HOST, port, tls: { ca: cert, serverName: "localhost", ALPNProtocols } };
}

class Http1 implements Speaker {
  readonly opening = undefined;
  readonly #request = requestBytes("/");
  /** The length of an answer, which is always the same. */
  #length: number | undefined;
  #begun = "";
  #received = 0;

  request(): Uint8Array {
    return this.#request;
  }

  take(bytes: Uint8Array): number {
    if (this.#length === undefined) {
      this.#begun += Buffer.from(bytes).toString("latin1");
      this.#length = parseReply(this.#begun)?.length;
      return this.#length === undefined ? 0 : 1;
    }
    this.#received += bytes.length;
    if (this.#received < this.#length) return 0;
    if (this.#received > this.#length) throw new Error("an answer of another length");
    this.#received = 0;
    return 1;
  }
}

const WIDE = 2 ** 31 - 1;

class Http2 implements Speaker {
  readonly opening = Buffer.concat([
    PREFACE,
    frame(TYPE.settings, 0, 0),
    frame(TYPE.windowUpdate, 0, 0, word(WIDE - 65_535)),
  ]);
  readonly #reader = new FrameReader();
  readonly #headers = encodeHeaders([
    [":method", "GET"],
    [":scheme", "https"],
    [":authority", HOST],
    [":path", "/"],
  ]);
  #nextId = 1;

  request(): Uint8Array {
    const id = this.#nextId;
    this.#nextId += 2;
    return frame(TYPE.headers, FLAG.endHeaders | FLAG.endStream, id, this.#headers);
  }

  take(bytes: Uint8Array): number {
    let ended = 0;
    for (const { type, flags } of this.#reader.take(bytes)) {
      if (type === TYPE.resetStream || type === TYPE.goAway) throw new Error("a stream was ended");
      const carries = type === TYPE.data || type === TYPE.headers;
      if (carries && (flags & FLAG.endStream) !== 0) ended += 1;
    }
    return ended;
  }
}
