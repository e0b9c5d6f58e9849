// Every checker, new: one set for each run.

import { AnswersChecker } from "./answers.ts";
import type { Checker } from "./checker.ts";
import { ConvergenceChecker } from "./convergence.ts";
import { DiversionChecker } from "./diversion.ts";
import { HangChecker } from "./hang.ts";
import { HandoverChecker } from "./handover.ts";
import { HealthChecker } from "./health.ts";
import { DescriptorsChecker } from "./descriptors.ts";
import { FaultsChecker } from "./faults.ts";
import { LinksChecker } from "./links.ts";
import { LeaderChecker } from "./leader.ts";
import { MetricsChecker } from "./metrics.ts";
import { RecyclingChecker } from "./recycling.ts";
import { ReceiptsChecker } from "./receipts.ts";
import { ModelChecker } from "./model.ts";
import { OneAtATimeChecker } from "./one-at-a-time.ts";
import { OneCodeChecker } from "./one-code.ts";
import { RoomChecker } from "./room.ts";
import { SharedChecker } from "./shared.ts";
import { SoloChecker } from "./solo.ts";
import { PatienceChecker } from "./patience.ts";
import { ProvenChecker } from "./proven.ts";
import { ReachChecker } from "./reach.ts";
import { ReloadsChecker } from "./reloads.ts";
import { StrategiesChecker } from "./strategies.ts";
import { TrialsChecker } from "./trials.ts";
import { UntouchedChecker } from "./untouched.ts";
import { WaitsChecker } from "./waits.ts";

function allCheckers(): Checker[] {
  return [
    new ModelChecker(),
    new ReachChecker(),
    new RoomChecker(),
    new HandoverChecker(),
    new DiversionChecker(),
    new ProvenChecker(),
    new LinksChecker(),
    ...ofAnyWorld(),
  ];
}

/** The checkers for a kind of world. */
export function checkersFor(kind: {
  readonly solo: boolean;
  readonly isShared: boolean;
}): Checker[] {
  if (kind.isShared) return sharedCheckers();
  return kind.solo ? soloCheckers() : allCheckers();
}

/**
 * The checkers for a world where each address has at most one listener: there are no groups, and no
 * programs.
 */
function soloCheckers(): Checker[] {
  return [new SoloChecker(), ...ofAnyWorld()];
}

function sharedCheckers(): Checker[] {
  const own = [new SharedChecker(), new ProvenChecker(), new HandoverChecker(), new LinksChecker()];
  return [...own, ...ofAnyWorld()];
}

function ofAnyWorld(): Checker[] {
  return [
    new UntouchedChecker(),
    new PatienceChecker(),
    new WaitsChecker(),
    new OneAtATimeChecker(),
    new OneCodeChecker(),
    new HangChecker(),
    new RecyclingChecker(),
    new TrialsChecker(),
    new StrategiesChecker(),
    new LeaderChecker(),
    new ReloadsChecker(),
    new ConvergenceChecker(),
    new AnswersChecker(),
    new HealthChecker(),
    new ReceiptsChecker(),
    new MetricsChecker(),
    new DescriptorsChecker(),
    new FaultsChecker(),
  ];
}
