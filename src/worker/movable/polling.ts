// Sessions of socket.io that begin over HTTP, as its clients do unless they are told otherwise:
// what is said before they have a WebSocket.
// https://socket.io/docs/v4/engine-io-protocol/#http-long-polling
import { SocketIoSession } from "../../core/carry/socket-io-session.ts";
import type { Fetch, Layer } from "../http/layer.ts";

/** A client asks for a WebSocket as soon as it has begun. */
const KEPT_MS = 60_000;
const MOST_KEPT = 10_000;
const SEPARATOR = "\u001e";
const CONNECT = "40";
/** Headers of a request that are about itself. */
const OF_ITSELF =
  /^(?:content-.*|transfer-encoding|expect|te|trailer|keep-alive|upgrade|sec-websocket-.*|pounce-.*)$/;

export interface Polled {
  readonly session: SocketIoSession;
  /** Of its requests: a client may send some by HTTP only. */
  readonly headers: readonly (readonly [string, string])[];
  readonly sinceMs: number;
}

/** Where a URL says which session it is of. */
const SESSION = /[?&]sid=([^&]+)/;
export const ENGINE_IO = /[?&]EIO=(\d+)/;

/** The id of its session; undefined: it is to begin one. */
export function sessionOf(url: string): string | undefined {
  return SESSION.exec(url)?.[1];
}

/** The same, if its protocol is understood here. */
export function understoodIn(url: string): string | undefined {
  return ENGINE_IO.exec(url)?.[1] === "4" ? sessionOf(url) : undefined;
}

export class Polling {
  readonly #polled = new Map<string, Polled>();

  /** Sees each request. What is no POST costs nothing as long as no session begins so. */
  readonly layer: Layer = {
    wrap:
      (handler: Fetch): Fetch =>
      (request, server) => {
        if (request.method === "POST") this.#posts(request);
        else if (this.#polled.size > 0) return this.#polls(request, handler(request, server));
        return handler(request, server);
      },
  };

  /** It has a WebSocket from now on; undefined: nothing is known of it. */
  take(id: string): Polled | undefined {
    const polled = this.#polled.get(id);
    this.#polled.delete(id);
    return polled;
  }

  /** What the app reads is what the client says. Of a session it does not know it reads nothing. */
  #posts(request: Request): void {
    const id = understoodIn(request.url);
    if (id === undefined) return;
    const read = request.text.bind(request);
    const text = async (): Promise<string> => {
      const hear = this.begin(id, request.headers);
      const body = await read();
      hear(body);
      return body;
    };
    Object.defineProperty(request, "text", { configurable: true, value: text });
  }

  /**
   * The app begins to read what the client has posted to a session.
   * @param headers of that request, names in lower case
   * @returns takes what it has read
   */
  begin(id: string, headers: Iterable<readonly [string, string]>): (body: string) => void {
    const begun = this.#polled.get(id);
    const { session } = begun ?? this.#begin(id, headers);
    return (body) => {
      // What it begins with has not been heard.
      if (begun === undefined && !body.startsWith(CONNECT)) session.beStrange();
      const nowMs = performance.now();
      for (const packet of packetsOf(body)) session.heard(packet, nowMs);
    };
  }

  /** The session that has begun under this id; undefined: there is none. */
  of(id: string): SocketIoSession | undefined {
    return this.#polled.get(id)?.session;
  }

  #begin(id: string, headers: Iterable<readonly [string, string]>): Polled {
    const sinceMs = performance.now();
    for (const [old, polled] of this.#polled) {
      if (sinceMs - polled.sinceMs < KEPT_MS && this.#polled.size < MOST_KEPT) break;
      this.#polled.delete(old);
    }
    const kept = [...headers].filter(([name]) => !OF_ITSELF.test(name));
    const polled = { session: new SocketIoSession(), headers: kept, sinceMs };
    this.#polled.set(id, polled);
    return polled;
  }

  /** What the app answers is what the server says. */
  #polls(request: Request, result: ReturnType<Fetch>): ReturnType<Fetch> {
    const session = this.of(sessionOf(request.url) ?? "");
    if (session !== undefined) void noteAnswer(session, result);
    return result;
  }
}

async function noteAnswer(session: SocketIoSession, result: ReturnType<Fetch>): Promise<void> {
  try {
    const body = await (await result)?.clone().text();
    noteSaid(session, body ?? "");
  } catch {
    session.beStrange();
  }
}

/** The server has answered a request of a session by this. */
export function noteSaid(session: SocketIoSession, body: string): void {
  for (const packet of packetsOf(body)) session.said(packet);
}

/** Bytes, which are in Base64 there, as `undefined`. */
function packetsOf(payload: string): (string | undefined)[] {
  const packets = payload === "" ? [] : payload.split(SEPARATOR);
  return packets.map((packet) => (packet.startsWith("b") ? undefined : packet));
}
