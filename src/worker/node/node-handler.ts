// The request path of a program on node:http: kernel → Bun → here → node:http → the program. It
// notes the request, and while the worker drains it marks the response. What it does for a request
// of Bun's own kind is in ../handle/handler.ts.
import type { IncomingMessage, ServerResponse } from "node:http";
import { countUpload, refuseUnread, refuseUpload } from "./body-limit.ts";
import type { WebSockets } from "../connections/websockets.ts";
import { connectionKey } from "../connections/connection.ts";
import type { DrainFlag } from "../closing/mark.ts";
import { nativeServe } from "../http/native.ts";
import type { ServeOptions } from "../http/serve-options.ts";
import { type Address, isUnix } from "../../net/address.ts";
import type { InFlight } from "../requests/in-flight.ts";
import type { Meter } from "../requests/meter.ts";
import type { RequestLayer } from "../requests/request-layer.ts";
import { type Place, placeOf } from "../http/place.ts";
import type { Unlisted } from "../requests/unlisted.ts";
import type { ServedTls } from "../../tls/served.ts";
import type { RequestTimeout } from "../requests/request-timeout.ts";
import { closeIdleAfter, keepIdleOpen } from "./keep-alive-timeout.ts";
import { markLater } from "./marking.ts";
import {
  type NodeHandle,
  NodeRequest,
  type NodeSocketHandle,
  refuse,
} from "../requests/node-request.ts";
import type { NodeServer } from "./node-server.ts";
import { answerError, guardListeners, requestOf } from "./program-errors.ts";
import { followPolling } from "./follow-polling.ts";
import { keepTaken } from "./keep-taken.ts";
import type { Polling } from "../movable/polling.ts";
import { nameClient } from "./name-client.ts";
import {
  type ProgramSocket,
  SWITCHING_PROTOCOLS,
  TakenConnection,
  watchAnswer,
} from "./taken-connection.ts";
import type { Asked, AskedBy } from "../movable/asked.ts";
import { CARRY_HEADER } from "../movable/handshake-request.ts";

export interface NodeHandlerOptions {
  readonly meter: Meter;
  readonly flag: DrainFlag;
  readonly webSockets: WebSockets;
  readonly requestLayer: RequestLayer | undefined;
  readonly timeout: RequestTimeout | undefined;
  /** The largest body of a request. */
  readonly maxRequestBytes: number;
  /** Gets each request with a larger one, before it is answered. */
  readonly onTooLarge: (request: NodeRequest) => void;
  /** The program has thrown, and pounce has answered. */
  readonly onThrown: (error: unknown, request: NodeRequest | undefined) => void;
  /** How long an idle connection stays, in milliseconds: clients are told. */
  readonly keepAliveMs: number;
}

/** How one of Bun's servers listens. */
export interface Listening {
  /** Where nobody comes, when it gets another listening socket: see ../http/place.ts. */
  readonly unseen?: Place | undefined;
  readonly reusePort: boolean;
  /** Seconds after which Bun closes an idle connection; 0: never, pounce does. */
  readonly idleTimeout: number;
  readonly inFlight: InFlight;
  /** Its requests are no clients'. Left out: they are. */
  readonly unlisted?: Unlisted | undefined;
  /** For what is unlisted; undefined: without TLS. */
  readonly tls?: ServedTls | undefined;
  /** Only what pounce asks for is answered, see ../carry/carry-server.ts. Left out: all is. */
  readonly askedBy?: AskedBy | undefined;
}

/** Bun's call for each request, see its source of node:http. */
type OnRequest = (
  server: unknown,
  url: string,
  method: string,
  bits: number,
  handle: NodeHandle,
  hasBody: boolean,
  socket: NodeSocketHandle,
  isNew: unknown,
  duplex: unknown,
  isAncient: unknown,
  head: unknown,
  isPipelined: unknown,
) => unknown;

export class NodeHandler {
  /** The request that Bun is passing to the program now. */
  #current: NodeRequest | undefined;
  /** What it asks for, if pounce does. */
  #asked: Asked | undefined;
  /** Which of the worker's servers has got it. */
  #server = 0;
  /** What notes it. */
  #noting: Pick<NodeHandlerOptions, "meter" | "requestLayer">;
  /** The last request on each connection, of those that came before the answers to others. */
  readonly #pipelined = new WeakMap<NodeSocketHandle, NodeRequest>();
  /** Hears sessions of socket.io that begin over HTTP; undefined: nobody has to. */
  readonly #polling: Polling | undefined;
  /** Whether pounce closes idle connections, as node:http has been told. */
  #isIdleOurs = false;

  constructor(
    readonly node: NodeServer,
    readonly options: NodeHandlerOptions,
  ) {
    this.#noting = options;
    this.#polling = options.webSockets.keeper?.socketIo.polling;
    const { server } = node;
    node.listenUnseen();
    guardListeners(server, () => this.#current, options.onThrown);
    node.watch((event, first, second) => this.#onEvent(event, first, second));
  }

  /** Listens on one more address. @param more for `Bun.serve`: routes of our own, TLS */
  listen(address: Address, listening: Listening, more: ServeOptions): Bun.Server<unknown> {
    const { unseen, reusePort, idleTimeout } = listening;
    this.#leaveIdle(idleTimeout === 0);
    const isOnUnix = isUnix(address);
    const { host, port } = isOnUnix ? { host: "127.0.0.1", port: 0 } : address;
    if (more["tls"] !== undefined) this.node.seemEncrypted();
    return this.node.listen(host, port, (options) =>
      nativeServe({
        ...options,
        ...more,
        // What node:http gives says where it is reached.
        hostname: undefined,
        port: undefined,
        ...(unseen ?? placeOf(address, reusePort)),
        ipv6Only: false,
        idleTimeout: 0,
        development: false,
        onNodeHTTPRequest: this.#wrap(options, listening, isOnUnix),
      } as unknown as Bun.Serve.Options<unknown>),
    );
  }

  /** @param isOurs pounce closes idle connections */
  #leaveIdle(isOurs: boolean): void {
    const { server } = this.node;
    if (!isOurs) closeIdleAfter(server, this.options.keepAliveMs);
    else if (!this.#isIdleOurs) keepIdleOpen(server);
    this.#isIdleOurs = isOurs;
  }

  /** Marks the answer to a request that is in flight, when it begins. */
  mark(request: NodeRequest): void {
    const { response, hasBody } = request;
    if (response === undefined) return;
    markLater(response, hasBody, this.options.flag, () => this.#isLast(request));
  }

  /** Whether no request on its connection waits for its answer. */
  #isLast(request: NodeRequest): boolean {
    const last = this.#pipelined.get(request.socket);
    return last === undefined || last === request || last.client === null;
  }

  /**
   * A promise has been rejected, and nobody has handled that. Returns whether it was the answer to
   * a request, which has got its 500 then.
   */
  hasAnswered(promise: Promise<unknown>, error: unknown): boolean {
    const request = requestOf(promise);
    if (request === undefined) return false;
    if (request.response !== undefined) answerError(request.response);
    this.options.onThrown(error, request);
    return true;
  }

  /** What Bun calls in place of `options.onNodeHTTPRequest`. */
  #wrap(
    options: ServeOptions,
    { inFlight, unlisted, askedBy }: Listening,
    isOnUnix: boolean,
  ): OnRequest {
    const noting = unlisted ?? this.options;
    const ask = options["onNodeHTTPRequest"] as OnRequest;
    // Each argument by name: copying a list of them would cost more than all the rest.
    return (server, url, method, bits, handle, hasBody, socket, isNew, duplex, old, head, late) => {
      const request = new NodeRequest(method, url, handle, socket, hasBody);
      if (isOnUnix) request.isOnUnix = true;
      if (askedBy !== undefined) {
        this.#asked = askedBy(handle.headersObject()[CARRY_HEADER]);
        if (this.#asked === undefined) return void socket.close();
        request.named = this.#asked.client;
      }
      this.#current = request;
      this.#server = inFlight.server;
      this.#noting = noting;
      unlisted?.note(request);
      if (late) this.#pipelined.set(socket, request);
      let result: unknown;
      try {
        result = ask(
          server,
          url,
          method,
          bits,
          handle,
          hasBody,
          socket,
          isNew,
          duplex,
          old,
          head,
          late,
        );
        return result;
      } finally {
        this.#current = undefined;
        this.#asked = undefined;
        // A promise: the request is still being answered. `late`: it waits for others before it.
        // When the program has thrown, Bun ends the answer.
        if (result === undefined && !late) inFlight.noteEnded(request);
        else inFlight.note(request, undefined);
      }
    };
  }

  #onEvent(event: string | symbol, first: unknown, second: unknown): boolean {
    switch (event) {
      case "request":
      case "checkContinue":
      case "checkExpectation":
        return this.#begin(first as IncomingMessage, second as ServerResponse);
      case "upgrade":
      case "connect":
        return this.#take(first as IncomingMessage, second as ProgramSocket);
      default:
        return true;
    }
  }

  #begin(incoming: IncomingMessage, response: ServerResponse): boolean {
    const request = this.#current;
    const { flag, timeout, keepAliveMs } = this.options;
    const { meter, requestLayer } = this.#noting;
    // The program may emit it itself, for another server's request or once more for this one.
    if (request === undefined || request.response !== undefined) return true;
    request.response = response;
    if (this.#asked !== undefined) nameClient(incoming, this.#asked.client);
    // Not `Reflect.set`, which takes longer than all the rest here.
    (response as { _keepAliveTimeout?: number })._keepAliveTimeout = keepAliveMs;
    if (this.#polling !== undefined) followPolling(this.#polling, incoming, response);
    requestLayer?.follow(request, incoming, response);
    if (request.hasBody && this.#isTooLarge(request, incoming, response)) return false;
    timeout?.expect();
    if (meter.unmeasured === 0) this.#measure(request, incoming, response);
    else meter.unmeasured--;
    return flag.pace === undefined || this.#beginInDrain(request, response);
  }

  /** Whether it has been refused for its length. If that is not known, the body is counted. */
  #isTooLarge(request: NodeRequest, incoming: IncomingMessage, response: ServerResponse): boolean {
    const { maxRequestBytes, onTooLarge } = this.options;
    const length = incoming.headers["content-length"];
    if (length === undefined) {
      countUpload(incoming, maxRequestBytes, () => {
        onTooLarge(request);
        return refuseUpload(response);
      });
    }
    // Bun lets it come twice, if both say the same: `5, 5`.
    if (length === undefined || Number.parseInt(length, 10) <= maxRequestBytes) return false;
    onTooLarge(request);
    refuseUnread(incoming, response);
    return true;
  }

  #beginInDrain(request: NodeRequest, response: ServerResponse): boolean {
    const { flag } = this.options;
    this.mark(request);
    if (flag.expired) refuse(response, 503);
    return !flag.expired;
  }

  #measure(request: NodeRequest, incoming: IncomingMessage, response: ServerResponse): void {
    const { meter } = this.#noting;
    const weight = meter.take();
    const startedMs = performance.now();
    if (request.hasBody) meter.uploaded(Number(incoming.headers["content-length"]), weight);
    response.once("close", () => meter.took(startedMs, request.handle.getBytesWritten(), weight));
  }

  /** The program takes over the connection. */
  #take(incoming: IncomingMessage, socket: ProgramSocket): boolean {
    const request = this.#current;
    if (request === undefined || request.isTaken) return true;
    const { webSockets } = this.options;
    const { requestLayer } = this.#noting;
    const asked = this.#asked;
    const { peer } = request;
    request.isTaken = true;
    if (asked !== undefined) nameClient(incoming, asked.client);
    const taken = new TakenConnection(socket, incoming);
    // What the client has sent, before anything of it is taken away.
    keepTaken({ taken, socket, incoming, webSockets, asked }, () => answered(SWITCHING_PROTOCOLS));
    const log = requestLayer?.followTaken(request, incoming);
    const answered = (status: number): void => {
      if (request.takenStatus !== undefined) return;
      request.takenStatus = status;
      log?.();
      taken.isAnswered = true;
      webSockets.answered(taken);
    };
    watchAnswer(socket, answered);
    const key = peer === null ? "" : connectionKey(this.#server, peer);
    webSockets.add(taken, key);
    socket.once("close", () => {
      webSockets.remove(taken);
      if (request.takenStatus === undefined) log?.();
    });
    return true;
  }
}
