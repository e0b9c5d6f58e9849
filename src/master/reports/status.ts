// The parts of `status` that follow from the control loop's state.
import type {
  CrashSnapshot,
  GenerationSnapshot,
  ReportSnapshot,
  Snapshot,
  TrialSnapshot,
} from "../../admin/protocol.ts";
import { aboutComparison } from "../../core/log-fields.ts";
import { budgetIsSpent, recentCrashes } from "../../core/moves/backoff.ts";
import { trialOf } from "../../core/moves/trial.ts";
import { canaryOf, phaseOf, roleWord, servingGeneration } from "../../core/predicates.ts";
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
  return [...state.generations.values()].map((generation) => ({
    generation: generation.number,
    role: roleWord(state, generation),
    app_path: generation.place?.path ?? null,
    app_link: generation.place?.link ?? null,
    trial: trialSnapshot(state, generation.number, nowMs),
    workers: [...state.workers.values()]
      .filter((worker) => worker.generation === generation.number)
      .map(({ id, slot, phase, isStalled = false }) => ({
        worker: id,
        slot,
        phase: phase.name,
        leader: leads(state, id),
        stalled: isStalled,
        pid: processes.get(id)?.pid,
        uptime: seconds(nowMs - (processes.get(id)?.startedMs ?? nowMs)),
        deadline: "deadlineMs" in phase ? seconds(phase.deadlineMs - nowMs) : undefined,
        report: reportSnapshot(reports.get(id)),
      })),
  }));
}

/** What counts against the crash budget of what serves. */
export function crashSnapshot(state: State, nowMs: number): CrashSnapshot {
  const { respawn: settings } = servingGeneration(state)?.settings ?? state.settings;
  const recent = recentCrashes(state.respawn, settings, nowMs);
  return {
    recent,
    budget: settings.maxCrashes,
    spent: budgetIsSpent(state.respawn, settings, nowMs),
  };
}

/** Whether it leads now; one that is told to resign may go on for a moment. */
function leads({ leader }: State, id: number): boolean {
  return leader?.name === "leading" && leader.worker === id;
}

/** How the trial of a generation goes; `null`: it is not on trial. */
function trialSnapshot(state: State, generation: number, nowMs: number): TrialSnapshot | null {
  const trial = trialOf(state, generation);
  if (trial === undefined) return null;
  const canary = canaryOf(state);
  const isCanary = canary?.generation === generation;
  return {
    stage: isCanary ? "canary" : "bake",
    share: isCanary ? canary.share : 1,
    remaining: Math.max(0, seconds(trial.untilMs - nowMs)),
    troubles: trial.troubles,
    measured: trial.comparison === undefined ? null : aboutComparison(trial.comparison),
  };
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
