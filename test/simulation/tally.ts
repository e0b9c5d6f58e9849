// What has happened in a run, counted: a simulation in which nothing happens proves nothing.

import type { Effect } from "../../src/core/effects.ts";
import { message } from "../../src/core/messages.ts";
import { newTrialTally, type TrialTally } from "./trial-tally.ts";
import { newWearTally, type WearTally } from "./wear-tally.ts";

export interface Tally extends TrialTally, WearTally {
  steps: number;
  completed: number;
  rejected: number;
  crashes: number;
  forced: number;
  /** Workers that were to be replaced because their app had thrown. */
  recycled: number;
  stops: number;
  takenOver: number;
  notTakenOver: number;
  /** Those of them that failed because no worker served any more. */
  givenUp: number;
  /** Those of them that failed because the successor was late, or spoke another protocol. */
  late: number;
  otherProtocol: number;
  /** Handovers that waited, as for the end of a predecessor's workers. */
  queued: number;
  /** Programs that the kernel refused, and steering that it took up again. */
  refused: number;
  steersAgain: number;
  /** Configurations that could not be read, and workers that could not be spawned. */
  notPerformed: number;
  /** Workers that ended on their own, because their master had died. */
  orphans: number;
  /** Commands that were accepted, and refused. */
  answeredYes: number;
  answeredNo: number;
  /** Groups whose last connections went nowhere. */
  diverted: number;
  /** Workers that had no room for more connections, and when all that serve had none. */
  full: number;
  allFull: number;
  /** Workers that were appointed the leader, and leaders that did not answer in time. */
  led: number;
  silent: number;
}

export function newTally(): Tally {
  return {
    steps: 0,
    completed: 0,
    rejected: 0,
    crashes: 0,
    forced: 0,
    recycled: 0,
    stops: 0,
    takenOver: 0,
    notTakenOver: 0,
    givenUp: 0,
    late: 0,
    otherProtocol: 0,
    queued: 0,
    refused: 0,
    steersAgain: 0,
    notPerformed: 0,
    orphans: 0,
    answeredYes: 0,
    answeredNo: 0,
    diverted: 0,
    full: 0,
    allFull: 0,
    ...newTrialTally(),
    ...newWearTally(),
    led: 0,
    silent: 0,
  };
}

export function countEffect(tally: Tally, effect: Effect): void {
  if (effect.type === "force") tally.forced += 1;
  if (effect.type === "worker-crashed") tally.crashes += 1;
  if (effect.type === "log" && effect.event === "worker-recycled") {
    if (effect.level === "warn") tally.recycled += 1;
    else tally.worn += 1;
  }
  if (effect.type === "log" && effect.event === "worker-ended") tally.orphans += 1;
  if (effect.type === "log" && effect.event === "steering-refused") tally.refused += 1;
  if (effect.type === "log" && effect.event === "steering-works") tally.steersAgain += 1;
  if (effect.type === "log" && effect.message.includes("EMFILE")) tally.notPerformed += 1;
  if (effect.type === "answer" && effect.ok) tally.answeredYes += 1;
  if (effect.type === "answer" && !effect.ok) tally.answeredNo += 1;
  if (effect.type === "lead") tally.led += 1;
  if (effect.type === "log" && effect.event === "leader-silent") tally.silent += 1;
  if (effect.type === "divert") tally.diverted += 1;
  if (effect.type === "taken-over") tally.takenOver += 1;
  if (effect.type === "log" && effect.event === "handover-failed") tally.notTakenOver += 0.5;
  if (effect.type === "log" && effect.event === "handover-queued") tally.queued += 1;
  if (effect.type === "log") countFailure(tally, effect.message);
  if (effect.type !== "reload-ended") return;
  if (effect.outcome === "completed") tally.completed += 1;
  else tally.rejected += 1;
}

function countFailure(tally: Tally, words: string): void {
  if (words === message.nobodyServes) tally.givenUp += 1;
  if (/^The new master .*(within|was not ready)/.test(words)) tally.late += 1;
  if (words.includes("handover protocol")) tally.otherProtocol += 1;
}
