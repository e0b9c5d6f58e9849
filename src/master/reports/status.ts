// The parts of `status` that follow from the control loop's state.
import type { GenerationSnapshot, ReportSnapshot, Snapshot } from "../../admin/protocol.ts";
import { phaseOf } from "../../core/predicates.ts";
import type { State } from "../../core/state.ts";
import type { WorkerReport } from "../../ipc/messages.ts";

/** A process as the master knows it. */
export interface ProcessInfo {
  readonly pid: number;
  readonly startedMs: number;
}

/**
 * The part of a snapshot that follows from the control loop's state.
 * @param nowMs on the loop's clock
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

/** A server that reloads is serving; `under_way` says that it reloads. */
export function stateWord(state: State): Snapshot["state"] {
  const phase = phaseOf(state);
  return phase === "reloading" ? "serving" : phase;
}
