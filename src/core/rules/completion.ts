// What comes between ready and serving: a new generation whose workers are all ready is looked at
// by the operator's command, and gets a share of the new connections for a while. Each of the two
// steps is left out where the settings do not ask for it.

import type { EventOf } from "../events.ts";
import { message } from "../messages.ts";
import { refuseRollout, rejectRollout } from "../moves/rejection.ts";
import { canGoBack, isSteered, readyOf, trialSettings } from "../predicates.ts";
import type { Generation } from "../state.ts";
import type { Turn } from "../turn.ts";
import { beginCanary, tellAlone } from "./canary.ts";
import { promote } from "./promotion.ts";
import { claimServer } from "./takeover.ts";

/**
 * Goes on with the new generation when every slot of it is ready; with one whose workers replace
 * the old ones a few at a time, also when the first is.
 */
export function completeRollout(turn: Turn): void {
  const { rollout } = turn.state;
  if (rollout.name !== "filling") return;
  const { rolling } = rollout;
  const generation = turn.generation(rollout.generation);
  const wanted = rolling?.isVerified === false ? 1 : generation.target;
  if (readyOf(turn.state, generation.number) < wanted || !claimServer(turn)) return;
  const settings = trialSettings(turn.state, generation);
  if (rolling?.isVerified === true || settings?.hasVerify !== true) {
    return afterVerify(turn, generation);
  }
  const { verifyTimeoutMs: timeoutMs } = settings;
  const { number } = generation;
  const deadlineMs = turn.now + timeoutMs;
  const verifying = { name: "verifying", generation: number, deadlineMs } as const;
  turn.set({ rollout: rolling === undefined ? verifying : { ...verifying, rolling } });
  turn.log("info", "verifying", message.verifying(number), { generation: number });
  turn.emit({ type: "verify", generation: number, stage: "ready", timeoutMs });
}

/** The command has said yes or no. @param event about a generation that still waits for it */
export function onVerified(turn: Turn, event: EventOf<"verified">): void {
  const { rollout } = turn.state;
  if (rollout.name === "none" || rollout.generation !== event.generation) return;
  const { generation, problem, stage, lost } = event;
  const isAwaited =
    stage === "ready"
      ? rollout.name === "verifying"
      : rollout.name === "canary" && rollout.verify.name === "running";
  if (!isAwaited) return;
  if (problem !== undefined && lost !== undefined) {
    const isHung = turn.state.workers.get(lost)?.isStalled === true;
    return refuseRollout(turn, isHung ? message.verifiedWorkerHung(lost) : problem);
  }
  if (problem !== undefined) return refuseRollout(turn, message.verifyFailed(problem));
  turn.log("info", "verified", message.verified(generation), { generation });
  if (rollout.name === "canary") return turn.set({ rollout: { ...rollout, verify: NOBODY } });
  if (rollout.name !== "verifying" || rollout.rolling === undefined) {
    return afterVerify(turn, turn.generation(generation));
  }
  const rolling = { ...rollout.rolling, isVerified: true };
  turn.set({ rollout: { name: "filling", generation, rolling } });
}

const NOBODY = { name: "none" } as const;

function afterVerify(turn: Turn, generation: Generation): void {
  const settings = trialSettings(turn.state, generation);
  const wantsCanary = settings !== undefined && settings.canaryShare > 0 && settings.canaryMs > 0;
  if (!wantsCanary) return promote(turn, generation);
  // There is nobody to compare it with, and all clients would be its own.
  if (!canGoBack(turn.state)) {
    tellAlone(turn, generation.number);
    return promote(turn, generation);
  }
  // A canary that would end at once had no clients.
  const by = turn.state.reloadWantedBy;
  if (by !== undefined) {
    const { number } = generation;
    turn.log("warn", "canary-skipped", message.canaryNotBegun(number, by), { generation: number });
    return rejectRollout(turn, message.canarySuperseded(by), "warn");
  }
  if (isSteered(turn.state)) return beginCanary(turn, generation.number, settings);
  turn.log("warn", "canary-skipped", message.canarySkipped(generation.number), {
    generation: generation.number,
  });
  promote(turn, generation);
}
