// What a server says of itself at once, without asking its workers: for commands that look for it.
import type { Config } from "../config/config.ts";
import { servingGeneration } from "../core/predicates.ts";
import type { State } from "../core/state.ts";
import { identify } from "../os/process-identity.ts";
import { here } from "../platform.ts";
import { version } from "../version.ts";
import { phaseOfServer } from "./snapshot.ts";

export interface ServerCard {
  readonly version: string;
  readonly pid: number;
  /** Of the process, as process-identity.ts has it; null: not known. */
  readonly started: string | null;
  /** Since when the process runs, RFC 3339. */
  readonly since: string;
  readonly state: "starting" | "serving" | "stopping";
  readonly app: string;
  /** The configuration file, absolute; null: none. Undefined: the server is too old to tell. */
  readonly config: string | null | undefined;
  readonly control_socket: string;
  /** As `127.0.0.1:8000`. Before there is a listener, those that are wanted. */
  readonly addresses: readonly string[];
  /** The one that serves; null: none does yet. */
  readonly generation: number | null;
  /** The process that it has handed the server over to. */
  readonly heir: number | null;
  readonly log: {
    /** Null: stdout and stderr. */
    readonly file: string | null;
    /** The unit whose journal stdout and stderr go to. */
    readonly unit: string | null;
  };
}

/** What a card is made from. */
export interface CardSource {
  readonly config: Config;
  readonly path: string;
  readonly state: State;
  readonly addresses: readonly string[];
  readonly heir: number | undefined;
  readonly logFile: string | undefined;
  readonly unit: string | undefined;
}

export function serverCard({ config, path, state, ...source }: CardSource): ServerCard {
  const settings = servingGeneration(state)?.settings ?? state.settings;
  return {
    version,
    pid: process.pid,
    // Elsewhere it would take a process to find out.
    started: here.hasProc ? (identify(process.pid).started ?? null) : null,
    since: new Date(Date.now() - process.uptime() * 1000).toISOString(),
    state: phaseOfServer(state),
    app: settings.appLabel,
    config: config.file ?? null,
    control_socket: path,
    addresses: source.addresses,
    generation: state.serving ?? null,
    heir: source.heir ?? null,
    log: { file: source.logFile ?? null, unit: source.unit ?? null },
  };
}

/**
 * The card in an answer, or undefined where the answer is no server's.
 *
 * @param path where it was asked
 */
export function readCard(body: Readonly<Record<string, unknown>>, path: string) {
  const { version: theirs, pid, addresses, app, uptime } = body;
  if (typeof theirs !== "string" || typeof pid !== "number" || !Array.isArray(addresses)) {
    return undefined;
  }
  const text = (name: string): string | null => {
    const value = body[name];
    return typeof value === "string" ? value : null;
  };
  const log = body["log"] as Partial<ServerCard["log"]> | undefined;
  const startedMs = Date.now() - Number(uptime ?? 0) * 1000;
  return {
    version: theirs,
    pid,
    started: text("started"),
    since: text("since") ?? new Date(startedMs).toISOString(),
    state: body["state"] as ServerCard["state"],
    app: String(app),
    config: "config" in body ? text("config") : undefined,
    control_socket: text("control_socket") ?? path,
    addresses: addresses.map(String),
    generation: typeof body["generation"] === "number" ? body["generation"] : null,
    heir: typeof body["heir"] === "number" ? body["heir"] : null,
    log: { file: log?.file ?? null, unit: log?.unit ?? null },
  } satisfies ServerCard;
}
