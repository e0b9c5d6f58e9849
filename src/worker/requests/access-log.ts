// The access log of a worker: an entry for each request, once all of its answer has been sent.
import { type AccessEntry, formatAccess, formatWithin } from "../../log/access-format.ts";
import type { AccessOutput } from "../../log/access-output.ts";
import type { AccessLogSettings } from "../../log/settings.ts";
import { ATOMIC_BYTES } from "../../os/writer.ts";
import type { InFlight, Tracked } from "./in-flight.ts";
import { isResponse } from "../http/native.ts";
import { NodeRequest } from "./node-request.ts";
import type { Outcomes } from "./outcome.ts";
import { responseSize } from "./response-size.ts";
import type { Trace } from "../http/trace-context.ts";
import { targetOf } from "../http/target.ts";

/** A body in memory up to this size has been sent by the time its handler has returned. */
const SENT_AT_ONCE = 65_536;
/** How often the others are checked. */
const LOOK_MS = 100;

/** A request whose handler has answered. */
export interface Answered {
  readonly request: Tracked;
  readonly client: string;
  /** As `performance.now()` gives it. */
  readonly startedMs: number;
  readonly referer: string | null;
  readonly userAgent: string | null;
  readonly requestId: string | undefined;
  readonly trace: Trace | undefined;
}

/** Takes entries. */
export type EntryOutput = Pick<AccessOutput, "isStream" | "append" | "flush" | "reopen">;

interface BeingSent {
  readonly answered: Answered;
  readonly status: number;
  readonly bytes: number | undefined;
}

/** Whose requests are logged, and who knows about them. */
interface AccessLogContext {
  readonly who: { readonly generation: number; readonly worker: number };
  readonly peers: { lookUp: InFlight["lookUp"] };
  readonly outcomes: Outcomes;
}

export class AccessLog {
  #beingSent: BeingSent[] = [];
  /** Requests that were answered while their handler was still running. */
  readonly #answered = new WeakSet<Tracked>();
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    readonly settings: AccessLogSettings,
    readonly about: AccessLogContext,
    readonly output: EntryOutput,
  ) {}

  /** Whether the headers that only the Combined Log Format has are needed. */
  get wantsHeaders(): boolean {
    return this.settings.format !== "common";
  }

  /** Only JSON has room for it. */
  get wantsTrace(): boolean {
    return this.settings.format === "json";
  }

  /** @param target path and query */
  isLeftOut(target: string): boolean {
    const { exclude } = this.settings;
    if (exclude.length === 0) return false;
    const [path = ""] = target.split("?", 1);
    return exclude.some((pattern) =>
      pattern.endsWith("*") ? path.startsWith(pattern.slice(0, -1)) : path === pattern,
    );
  }

  /**
   * @param response what the handler gave; `undefined` after an upgrade to a WebSocket, and for a
   *   request of node:http, which has ended by now
   */
  note(answered: Answered, response: unknown): void {
    if (this.#answered.has(answered.request)) return;
    const { request } = answered;
    const status = this.about.outcomes.statusOf(request, response);
    if (request instanceof NodeRequest) {
      this.#write(answered, status, request.bytes);
      return;
    }
    const isSent = isResponse(response) && status === response.status;
    const bytes = isSent ? responseSize(request, response) : undefined;
    if (!isSent || (bytes !== undefined && bytes <= SENT_AT_ONCE)) {
      this.#write(answered, status, bytes);
      return;
    }
    this.#beingSent.push({ answered, status, bytes });
    if (this.#timer === undefined) this.#lookLater();
  }

  #lookLater(): void {
    this.#timer = setTimeout(() => this.#look(), LOOK_MS).unref();
  }

  /** A request was answered past its handler, which has not answered. */
  noteAnswered(answered: Omit<Answered, "referer" | "userAgent">, status: number): void {
    this.#answered.add(answered.request);
    this.#write({ ...answered, referer: null, userAgent: null }, status, undefined);
  }

  /** Writes what has been sent since the last check. */
  #look(): void {
    this.#timer = undefined;
    const isInFlight = this.about.peers.lookUp();
    this.#beingSent = this.#beingSent.filter(({ answered, status, bytes }) => {
      const isLive = isInFlight(answered.request);
      if (!isLive) this.#write(answered, status, bytes);
      return isLive;
    });
    if (this.#beingSent.length > 0) this.#lookLater();
  }

  #write(answered: Answered, status: number, bytes: number | undefined): void {
    const { request, client, startedMs, referer, userAgent, requestId, trace } = answered;
    const target = targetOf(request);
    if (this.isLeftOut(target)) return;
    const durationMs = performance.now() - startedMs;
    const { format } = this.settings;
    // Each field by name: on the request path, copying an object with `...` costs most.
    const entry: AccessEntry = {
      timeMs: Date.now() - durationMs,
      client,
      method: request.method,
      target,
      status,
      bytes,
      durationMs,
      referer,
      userAgent,
      requestId,
      traceId: trace?.traceId,
      spanId: trace?.spanId,
      generation: this.about.who.generation,
      worker: this.about.who.worker,
    };
    const line = formatAccess(entry, format);
    // A character has at most three bytes.
    const mayBeLong = line.length * 3 > ATOMIC_BYTES && this.output.isStream;
    this.output.append(mayBeLong ? formatWithin(entry, format, ATOMIC_BYTES) : line);
  }

  /** The worker ends: writes everything, even what is still being sent. */
  close(): void {
    for (const { answered, status, bytes } of this.#beingSent) this.#write(answered, status, bytes);
    this.#beingSent = [];
    this.output.flush();
  }

  reopen(): void {
    this.output.reopen();
  }
}
