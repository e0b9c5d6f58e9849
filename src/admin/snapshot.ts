// What `status` shows: the state of the server at one moment, as plain data.
import type { Activity } from "./under-way.ts";
import type { Phase, State } from "../core/state.ts";

/** What a worker tells the master of itself. */
export interface WorkerReport {
  /** Requests that the app was given since the start. */
  readonly requests: number;
  readonly inFlight: number;
  readonly connections: number;
  readonly memoryBytes: number;
}

/** The same as users see it. */
export interface ReportSnapshot {
  readonly requests: number;
  readonly in_flight: number;
  readonly connections: number;
  readonly memory_bytes: number;
}

export interface WorkerSnapshot {
  readonly worker: number;
  readonly slot: number;
  readonly phase: Phase["name"];
  readonly pid: number | undefined;
  /** Seconds since it was spawned. */
  readonly uptime: number;
  /** Seconds until the present phase is ended by force, where it has a deadline. */
  readonly deadline: number | undefined;
  /** `null` when the worker does not answer. */
  readonly report: ReportSnapshot | null;
}

export interface GenerationSnapshot {
  readonly generation: number;
  readonly role: "starting" | "serving" | "draining";
  readonly workers: readonly WorkerSnapshot[];
}

/** How a reload ended; see src/manual/reloads.md. Times in milliseconds from its begin. */
export interface Receipt {
  readonly generation: number;
  readonly outcome: "completed" | "rejected";
  readonly reason: string | null;
  readonly workers: number;
  readonly spawn_ms: number | null;
  readonly ready_ms: number | null;
  readonly drain_ms: number | null;
  readonly judged: boolean;
  readonly requests: {
    readonly served_while_draining: number;
    readonly forced: number;
    readonly forced_requests: readonly ForcedRequest[];
  };
  readonly connections: { readonly idle_closed: number; readonly forced: number };
}

/** A request that was ended by force. */
export interface ForcedRequest {
  readonly worker: number;
  readonly method: string;
  readonly path: string;
  readonly age_ms: number;
}

export interface Snapshot {
  readonly version: string;
  readonly pid: number;
  readonly uptime: number;
  readonly state: "starting" | "serving" | "stopping";
  readonly addresses: readonly string[];
  readonly steering: State["steering"];
  readonly app: string;
  readonly generations: readonly GenerationSnapshot[];
  readonly reloads: readonly Receipt[];
  /** What is under way. Older servers do not tell. */
  readonly under_way?: readonly Activity[];
  /** `null`: there has been none. Older servers do not tell. */
  readonly last_reload?: LastReload | null;
}

/** How the last reload that has ended went; its receipt is the last of `reloads`. */
export interface LastReload {
  readonly generation: number;
  readonly outcome: Receipt["outcome"];
  readonly reason: string | null;
  /** RFC 3339. */
  readonly ended: string;
}

/** A process as the master knows it. */
export interface ProcessInfo {
  readonly pid: number;
  readonly startedMs: number;
}

/**
 * The part of a snapshot that the control loop's state decides.
 *
 * @param nowMs on the loop's clock.
 */
export function generationSnapshots(
  state: State,
  processes: ReadonlyMap<number, ProcessInfo>,
  reports: ReadonlyMap<number, WorkerReport>,
  nowMs: number,
): GenerationSnapshot[] {
  return [...state.generations.values()].map(({ number, role }) => ({
    generation: number,
    role: role === "leaving" ? "draining" : role,
    workers: [...state.workers.values()]
      .filter(({ generation }) => generation === number)
      .map(({ id, slot, phase }) => ({
        worker: id,
        slot,
        phase: phase.name,
        pid: processes.get(id)?.pid,
        uptime: seconds(nowMs - (processes.get(id)?.startedMs ?? nowMs)),
        deadline: "deadlineMs" in phase ? seconds(phase.deadlineMs - nowMs) : undefined,
        report: reportSnapshot(reports.get(id)),
      })),
  }));
}

function reportSnapshot(report: WorkerReport | undefined): ReportSnapshot | null {
  if (report === undefined) return null;
  const { requests, inFlight, connections, memoryBytes } = report;
  return { requests, in_flight: inFlight, connections, memory_bytes: memoryBytes };
}

export function seconds(ms: number): number {
  return Math.round(ms / 100) / 10;
}

export function phaseOfServer(state: State): Snapshot["state"] {
  if (state.stop.name !== "none") return "stopping";
  return state.serving === undefined ? "starting" : "serving";
}
