// The layer around every handler if requests are logged or get an id, or if it is known which
// proxies to trust. Otherwise there is no such layer, and none of this is on the request path.
import type { IncomingMessage, ServerResponse } from "node:http";
import { plainAddress } from "../../net/address.ts";
import { AccessOutput, type AccessTrouble } from "../../log/access-output.ts";
import type { AccessLogSettings } from "../../log/settings.ts";
import { AccessLog, type Answered, type EntryOutput } from "./access-log.ts";
import type { Fetch, Layer } from "../http/layer.ts";
import { Clients } from "./clients.ts";
import { isResponse } from "../http/native.ts";
import type { InFlight, Tracked } from "./in-flight.ts";
import type { Client } from "./client.ts";
import { NodeRequest, REQUEST_ID } from "./node-request.ts";
import type { Outcomes } from "./outcome.ts";
import { BunHeaders } from "./bun-headers.ts";
import { NodeHeaders } from "./node-headers.ts";
import { keepTrusted } from "./forwarding.ts";
import { traceIn } from "../http/trace-context.ts";
import { traceOf, TRACEPARENT } from "./trace-of.ts";
import { withHeader } from "../http/with-header.ts";

/** For requests that are not to be logged. */
const NOWHERE: EntryOutput = {
  isStream: false,
  append: () => undefined,
  flush: () => undefined,
  reopen: () => undefined,
};

/** In place of an address that is not known, as in the log. */
const NOBODY = "-";

/** What an id from a trusted proxy may be: it ends up in logs. */
const VALID_ID = /^[\w.:=+/@-]{1,128}$/;

interface RequestLayerOptions {
  /** Undefined: requests are not logged. */
  readonly accessLog: AccessLogSettings | undefined;
  /** The descriptor for an access log that is not in a file. */
  readonly stdout: number;
  readonly giveIds: boolean;
  /** Undefined: what proxies say is passed on to the app, and believed by nobody here. */
  readonly trustedProxies: readonly string[] | undefined;
  readonly who: { readonly generation: number; readonly worker: number };
  /** Called when the access log cannot be written. */
  readonly trouble: AccessTrouble;
}

type BunServer = Parameters<Fetch>[1];

/** What a layer asks about a request. */
export interface Peers {
  /** Where a request in flight comes from. @param server that has got it */
  clientOf(request: Request, server: BunServer): Client | null;
  /** See `InFlight.lookUp`. */
  lookUp: InFlight["lookUp"];
}

export class RequestLayer implements Layer {
  /** Undefined: see `trustedProxies`. */
  readonly #clients: Clients | undefined;
  readonly #accessLog: AccessLog | undefined;
  readonly #giveIds: boolean;

  /** @param output where entries go, if not to the access log */
  constructor(
    readonly options: RequestLayerOptions,
    readonly peers: Peers,
    readonly outcomes: Outcomes,
    output?: EntryOutput,
  ) {
    const { accessLog, stdout, giveIds, trustedProxies, who, trouble } = options;
    this.#clients = trustedProxies && new Clients(trustedProxies);
    this.#giveIds = giveIds;
    if (accessLog === undefined) return;
    const to = output ?? new AccessOutput(accessLog.file, stdout, trouble);
    this.#accessLog = new AccessLog(accessLog, { who, peers, outcomes }, to);
    if (output === undefined) process.on("exit", () => this.#accessLog?.close());
  }

  /** One that takes the same steps, and logs nothing. */
  unlogged(): RequestLayer {
    return new RequestLayer(this.options, this.peers, this.outcomes, NOWHERE);
  }

  wrap(handler: Fetch): Fetch {
    return this.#accessLog === undefined && !this.#giveIds
      ? this.#forwarding(handler)
      : this.#noting(handler);
  }

  /** For where there is nothing else to do. */
  #forwarding(handler: Fetch): Fetch {
    return (request, server) => {
      if (isFromOutside(server)) this.#clientOf(request, this.#peerToTrust(request, server));
      return handler(request, server);
    };
  }

  #noting(handler: Fetch): Fetch {
    return (request, server) => {
      const answered = this.#begin(request, server);
      const result = handler(request, server);
      if (!(result instanceof Promise)) return this.#finish(answered, result);
      return result.then((response) => this.#finish(answered, response));
    };
  }

  /** Reads the headers only if they are needed: Bun makes them when they are first read. */
  #begin(request: Request, server: BunServer | undefined): Answered {
    const startedMs = performance.now();
    const peer = this.#peerOf(request, server);
    const isTrusted = this.#clients?.isTrusted(peer) === true;
    let requestId: string | undefined;
    if (this.#giveIds) {
      requestId = validId(isTrusted ? request.headers.get(REQUEST_ID) : null);
      request.headers.set(REQUEST_ID, requestId);
    }
    const client = isFromOutside(server) ? this.#clientOf(request, peer) : peer;
    const wantsHeaders = this.#accessLog?.wantsHeaders === true;
    return {
      request,
      client,
      startedMs,
      referer: wantsHeaders ? request.headers.get("referer") : null,
      userAgent: wantsHeaders ? request.headers.get("user-agent") : null,
      requestId,
      trace: this.#accessLog?.wantsTrace === true ? traceOf(request) : undefined,
    };
  }

  #finish<T>(answered: Answered, response: T): T | Response {
    const { requestId } = answered;
    const sent =
      requestId !== undefined && isResponse(response)
        ? withHeader(response, REQUEST_ID, requestId)
        : response;
    this.#accessLog?.note(answered, sent);
    return sent;
  }

  /** The same as a layer, for a request of node:http: its id, and its entry once it has ended. */
  follow(request: NodeRequest, incoming: IncomingMessage, response: ServerResponse): void {
    const answered = this.#beginOfNode(request, incoming);
    if (request.id !== undefined) response.setHeader(REQUEST_ID, request.id);
    if (answered === undefined) return;
    // Not `once`, which makes a wrapper and takes it away again: it closes only once anyway.
    response.on("close", () => this.#accessLog?.note(answered, undefined));
  }

  /**
   * The same for one whose connection the program takes over, for which there is no response.
   * @returns to be called when the program has answered, or the client has gone
   */
  followTaken(request: NodeRequest, incoming: IncomingMessage): () => void {
    const answered = this.#beginOfNode(request, incoming);
    return () => answered && this.#accessLog?.note(answered, undefined);
  }

  /** @returns undefined: it is not logged */
  #beginOfNode(request: NodeRequest, incoming: IncomingMessage): Answered | undefined {
    const startedMs = performance.now();
    const peer = plainAddress(request.peer?.address ?? NOBODY);
    const isTrusted = this.#clients?.isTrusted(peer) === true;
    if (this.#giveIds) {
      const given = isTrusted ? incoming.headers[REQUEST_ID] : undefined;
      request.id = validId(typeof given === "string" ? given : null);
      // What a stranger has sent is nowhere to be found.
      if (incoming.headers[REQUEST_ID] === undefined) incoming.headers[REQUEST_ID] = request.id;
      else new NodeHeaders(incoming).set(REQUEST_ID, request.id);
    }
    const client = this.#clientOfNode(incoming, peer);
    if (this.#accessLog === undefined) return undefined;
    const { wantsHeaders, wantsTrace } = this.#accessLog;
    return {
      request,
      client,
      startedMs,
      referer: wantsHeaders ? (incoming.headers.referer ?? null) : null,
      userAgent: wantsHeaders ? (incoming.headers["user-agent"] ?? null) : null,
      requestId: request.id,
      trace: wantsTrace ? traceIn(oneLine(incoming.headers[TRACEPARENT])) : undefined,
    };
  }

  /** Who has sent a request, once the app finds nothing in it that only strangers say. */
  #clientOf(request: Request, peer: string): string {
    return this.#clients ? keepTrusted(this.#clients, peer, new BunHeaders(request.headers)) : peer;
  }

  #clientOfNode(incoming: IncomingMessage | undefined, peer: string): string {
    const clients = this.#clients;
    if (clients === undefined || incoming === undefined) return peer;
    return keepTrusted(clients, peer, new NodeHeaders(incoming));
  }

  /** What it takes to know whether to trust the peer: to ask for its address costs most. */
  #peerToTrust(request: Request, server: BunServer): string {
    return this.#clients?.trustsNobody === true ? NOBODY : this.#peerOf(request, server);
  }

  #peerOf(request: Request, server: BunServer | undefined): string {
    const client = isFromOutside(server) ? this.peers.clientOf(request, server) : null;
    return plainAddress(client?.address ?? NOBODY);
  }

  /** The id that a request got here, if any. */
  idOf(request: Tracked): string | undefined {
    if (request instanceof NodeRequest) return request.id;
    return this.#giveIds ? (request.headers.get(REQUEST_ID) ?? undefined) : undefined;
  }

  /**
   * A request was answered past its handler.
   * @param from where it came from; null: that is not known
   * @param startedMs as `performance.now()` gives it
   */
  noteAnswered(request: Tracked, from: Client | null, status: number, startedMs: number): void {
    const peer = plainAddress(from?.address ?? NOBODY);
    const requestId = this.idOf(request);
    const incoming = request instanceof NodeRequest ? request.response?.req : undefined;
    const client =
      request instanceof NodeRequest
        ? this.#clientOfNode(incoming, peer)
        : this.#clientOf(request, peer);
    const answered = { request, client, startedMs, requestId, trace: traceOf(request) };
    this.#accessLog?.noteAnswered(answered, status);
  }

  /** Reopens the access log's file. */
  reopen(): void {
    this.#accessLog?.reopen();
  }
}

/** What an app asks itself, by `server.fetch`, comes to no server. Nobody could forge it. */
function isFromOutside(server: BunServer | undefined): server is BunServer {
  return server !== undefined;
}

function oneLine(header: string | readonly string[] | undefined): string | null {
  return typeof header === "string" ? header : (header?.join(",") ?? null);
}

function validId(given: string | null): string {
  return given !== null && VALID_ID.test(given) ? given : crypto.randomUUID();
}
