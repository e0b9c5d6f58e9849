// The layer around every handler if requests are logged or get an id. Otherwise there is no such
// layer, and none of this is on the request path.
import type { IncomingMessage, ServerResponse } from "node:http";
import { plainAddress } from "../../net/address.ts";
import { AccessOutput, type AccessTrouble } from "../../log/access-output.ts";
import type { AccessLogSettings } from "../../log/settings.ts";
import { AccessLog, type Answered } from "./access-log.ts";
import type { Fetch, Layer } from "../http/layer.ts";
import { Clients } from "./clients.ts";
import { isResponse } from "../http/native.ts";
import type { Tracked } from "./in-flight.ts";
import { NodeRequest, REQUEST_ID } from "./node-request.ts";
import type { Outcomes } from "./outcome.ts";
import { withHeader } from "../http/with-header.ts";

/** What an id from a trusted proxy may be: it ends up in logs. */
const VALID_ID = /^[\w.:=+/@-]{1,128}$/;

interface RequestLayerOptions {
  /** Undefined: requests are not logged. */
  readonly accessLog: AccessLogSettings | undefined;
  /** The descriptor for an access log that is not in a file. */
  readonly stdout: number;
  readonly giveIds: boolean;
  readonly trustedProxies: readonly string[];
  readonly who: { readonly generation: number; readonly worker: number };
  /** Called when the access log cannot be written. */
  readonly trouble: AccessTrouble;
}

/** What a layer asks the server about a request; see `Liveness`. */
export interface Peers {
  readonly outcomes: Outcomes;
  requestIP(request: Tracked): { readonly address: string; readonly port: number } | null;
}

export class RequestLayer implements Layer {
  readonly #clients: Clients;
  readonly #accessLog: AccessLog | undefined;
  readonly #giveIds: boolean;

  constructor(
    { accessLog, stdout, giveIds, trustedProxies, who, trouble }: RequestLayerOptions,
    readonly peers: Peers,
  ) {
    this.#clients = new Clients(trustedProxies);
    this.#accessLog =
      accessLog &&
      new AccessLog(accessLog, who, peers, new AccessOutput(accessLog.file, stdout, trouble));
    this.#giveIds = giveIds;
    process.on("exit", () => this.#accessLog?.close());
  }

  wrap(handler: Fetch): Fetch {
    return (request, server) => {
      const answered = this.#begin(request);
      const result = handler(request, server);
      if (!(result instanceof Promise)) return this.#finish(answered, result);
      return result.then((response) => this.#finish(answered, response));
    };
  }

  /** Reads the headers only if they are needed: Bun makes them when they are first read. */
  #begin(request: Request): Answered {
    const startedMs = performance.now();
    const peer = this.#peerOf(request);
    const isTrusted = this.#clients.isTrusted(peer);
    let requestId: string | undefined;
    if (this.#giveIds) {
      requestId = validId(isTrusted ? request.headers.get(REQUEST_ID) : null);
      request.headers.set(REQUEST_ID, requestId);
    }
    const forwardedFor = isTrusted ? request.headers.get("x-forwarded-for") : null;
    const wantsHeaders = this.#accessLog?.wantsHeaders === true;
    return {
      request,
      client: this.#clients.clientOf(peer, forwardedFor),
      startedMs,
      referer: wantsHeaders ? request.headers.get("referer") : null,
      userAgent: wantsHeaders ? request.headers.get("user-agent") : null,
      requestId,
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
    const peer = plainAddress(request.peer?.address ?? "-");
    const isTrusted = this.#clients.isTrusted(peer);
    if (this.#giveIds) {
      const given = isTrusted ? incoming.headers[REQUEST_ID] : undefined;
      request.id = validId(typeof given === "string" ? given : null);
      incoming.headers[REQUEST_ID] = request.id;
    }
    if (this.#accessLog === undefined) return undefined;
    const forwardedFor = isTrusted ? oneLine(incoming.headers["x-forwarded-for"]) : null;
    const { wantsHeaders } = this.#accessLog;
    return {
      request,
      client: this.#clients.clientOf(peer, forwardedFor),
      startedMs,
      referer: wantsHeaders ? (incoming.headers.referer ?? null) : null,
      userAgent: wantsHeaders ? (incoming.headers["user-agent"] ?? null) : null,
      requestId: request.id,
    };
  }

  #peerOf(request: Tracked): string {
    return plainAddress(this.peers.requestIP(request)?.address ?? "-");
  }

  /** The id that a request got here, if any. */
  idOf(request: Tracked): string | undefined {
    if (request instanceof NodeRequest) return request.id;
    return this.#giveIds ? (request.headers.get(REQUEST_ID) ?? undefined) : undefined;
  }

  /**
   * A request was answered past its handler.
   * @param startedMs as `performance.now()` gives it
   */
  noteAnswered(request: Tracked, status: number, startedMs: number): void {
    const [client, requestId] = [this.#peerOf(request), this.idOf(request)];
    this.#accessLog?.noteAnswered({ request, client, startedMs, requestId }, status);
  }

  /** Reopens the access log's file. */
  reopen(): void {
    this.#accessLog?.reopen();
  }
}

function oneLine(header: string | readonly string[] | undefined): string | null {
  return typeof header === "string" ? header : (header?.join(",") ?? null);
}

function validId(given: string | null): string {
  return given !== null && VALID_ID.test(given) ? given : crypto.randomUUID();
}
