// What a load is to do: which modes, against which server, with how much.
import { authorityOf, type Endpoint } from "./endpoint.ts";

/** The ways in which clients use a server, with what each is. */
export const MODES = {
  connection: "a new connection for each request",
  "keep-alive": "requests back to back on one connection",
  thinking: "requests on one connection, 0–300 ms between them",
  silent: "connected, silent for 0–900 ms, then a request",
  "slow-head": "the head of a request in two halves, 0–900 ms between them",
  post: "POST with a body, 1–20 ms between them",
  "slow-upload": "POST with a body that takes 1–2 s to send",
  "slow-download": "a large answer, read slowly",
  sse: "an event stream, left after 1–5 s",
  websocket: "a WebSocket with pings, left after 2–10 s",
  h2: "HTTP/2: 8 requests at a time, back to back, on one connection",
  "h2-connection": "HTTP/2: a new connection for each request",
  "h2-thinking": "HTTP/2: requests on one connection, 0–300 ms between them",
  "h2-post": "HTTP/2: POSTs with a body, two at a time on one connection",
  "h2-sse": "HTTP/2: an event stream, left after 1–5 s",
} as const;

export type Mode = keyof typeof MODES;

/** Whether its clients speak HTTP/2. */
export function isH2(mode: Mode): boolean {
  return mode === "h2" || mode.startsWith("h2-");
}

export interface Target {
  readonly endpoint: Endpoint;
  /** Sent with each request. A `host` here replaces the one that is made of the endpoint. */
  readonly headers: Readonly<Record<string, string>>;
}

/** A path, with the statuses that were seen on it before the load: any other one is a loss. */
export interface PlannedPath {
  readonly path: string;
  readonly statuses: readonly number[];
}

export interface ModePlan {
  readonly mode: Mode;
  /** At least one. Each request takes one of them by chance. */
  readonly paths: readonly PlannedPath[];
}

export interface LoadPlan extends Target {
  /** Each mode once. */
  readonly modes: readonly ModePlan[];
  /** Repeats the choices that clients make by chance. */
  readonly seed: number;
  /** How long an answer may take, and a connection. */
  readonly timeoutMs: number;
  /** Requests a second of all modes together, at most; as fast as it goes if not given. */
  readonly rate?: number;
  /** Of all modes together; see shares.ts if not given. */
  readonly clients?: number;
  /** Client processes; see shares.ts if not given. */
  readonly processes?: number;
}

/** Headers, of which those that are given win, however they are spelled. */
export function mergedHeaders(
  usual: Readonly<Record<string, string>>,
  given: Readonly<Record<string, string>>,
): Record<string, string> {
  const names = new Set(Object.keys(given).map((name) => name.toLowerCase()));
  const others = Object.entries(usual).filter(([name]) => !names.has(name.toLowerCase()));
  return { ...Object.fromEntries(others), ...given };
}

/** The headers of each request to a target. */
export function headersOf({ endpoint, headers }: Target): Record<string, string> {
  return mergedHeaders({ Host: authorityOf(endpoint) }, headers);
}
