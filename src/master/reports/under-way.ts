// What a server is in the middle of, for `status`: mostly nothing.
import type { Activity } from "../../admin/protocol.ts";
import { formatDuration } from "../../core/duration.ts";
import { percent } from "../../core/percent.ts";
import {
  ableOf,
  isDrainCommanded,
  readyOf,
  rollingOf,
  servingGeneration,
  standbyGenerationOf,
} from "../../core/predicates.ts";
import { budgetIsSpent, recentCrashes } from "../../core/moves/backoff.ts";
import { message, refusal } from "../../core/messages.ts";
import { outageOf } from "../../core/moves/answers.ts";
import type { Trial } from "../../core/rollout-state.ts";
import type { Generation, State } from "../../core/state.ts";
import { figuresInWords } from "../../core/verdict.ts";
import { seconds } from "./status.ts";

/** @param nowMs on the clock of the state */
export function underWay(state: State, nowMs: number): Activity[] {
  const found: Activity[] = [];
  const tell = (what: Activity["what"], words: string | undefined): void => {
    if (words !== undefined) found.push({ what, words });
  };
  tell("outage", outageOf(state));
  tell("stop", stopWords(state));
  tell(state.serving === undefined ? "start" : "reload", rolloutWords(state, nowMs));
  tell("reload", bakeWords(state, nowMs));
  tell("reload", drainWords(state));
  tell("reload", waitWords(state));
  // While workers replace others a few at a time, the words on the new ones say it all.
  if (rollingOf(state)?.hasClients !== true) tell(lackOf(state), missingWords(state, nowMs));
  tell("recycle", wornWords(state));
  tell("handover", handoverWords(state));
  tell("drain-command", drainCommandWords(state));
  return found;
}

function stopWords({ stop }: State): string | undefined {
  switch (stop.name) {
    case "none":
      return undefined;
    case "announced":
      return "health checks get 503; still serving for shutdown_delay";
    case "waiting":
      return "waiting for the new process to exit";
    case "draining":
      return "exits when its workers have drained";
    default:
      return stop satisfies never;
  }
}

function rolloutWords(state: State, nowMs: number): string | undefined {
  const { rollout } = state;
  switch (rollout.name) {
    case "none":
      return undefined;
    case "configuring":
      return `generation ${rollout.generation}: reading its configuration`;
    case "emptying":
      return `generation ${rollout.generation}: starts when the old one has stopped`;
    case "first-load":
      return `generation ${rollout.generation}: its first worker is loading the app`;
    case "filling": {
      const { generation } = rollout;
      const target = state.generations.get(generation)?.target ?? 0;
      const ready = `generation ${generation}: ${readyOf(state, generation)} of ${target}`;
      if (rollout.rolling?.hasClients !== true) return `${ready} workers are ready`;
      const old = state.serving === undefined ? 0 : readyOf(state, state.serving);
      return `${ready} workers serve, beside ${old} of generation ${state.serving}`;
    }
    case "verifying":
      return `generation ${rollout.generation}: the command in rollout.verify looks at it`;
    case "canary": {
      const { generation, share, trial } = rollout;
      const gets = `on trial with ${percent(share)} % of new connections`;
      return `generation ${generation}: ${gets}${trialWords(trial, nowMs)}`;
    }
    default:
      return rollout satisfies never;
  }
}

function bakeWords(state: State, nowMs: number): string | undefined {
  const { bake, serving } = state;
  const standby = standbyGenerationOf(state);
  if (bake === undefined || standby === undefined) return undefined;
  const kept = `on trial, with generation ${bake.standby} in standby`;
  const lack = standbyLack(state, standby);
  return `generation ${serving}: ${kept}${trialWords(bake.trial, nowMs)}${lack}`;
}

/** What it has lost of the workers that it would take over again with. */
function standbyLack(state: State, { number, target, outdated }: Generation): string {
  const able = ableOf(state, number);
  if (able >= target) return "";
  const why = outdated === undefined ? "" : `: ${refusal.filesChanged(outdated, number)}`;
  return `; only ${able} of ${target} workers in standby${why}`;
}

/** How much longer it lasts, and what is known so far. */
function trialWords({ untilMs, comparison, troubles }: Trial, nowMs: number): string {
  const left = `, ${formatDuration(Math.max(0, seconds(untilMs - nowMs) * 1000))} to go`;
  return comparison === undefined ? left : `${left}: ${figuresInWords(comparison.whole, troubles)}`;
}

/** Generations that a reload has replaced, and that have not ended. */
function drainWords(state: State): string | undefined {
  const old = [...state.generations.values()]
    .filter(({ role, number }) => role === "leaving" && number !== state.serving)
    .map(({ number }) => number);
  if (old.length === 0 || state.stop.name !== "none") return undefined;
  return `generation ${old.join(", ")}: draining`;
}

function waitWords({ reloadWantedBy, serving }: State): string | undefined {
  if (reloadWantedBy === undefined || serving === undefined) return undefined;
  return `another reload is waiting, requested by ${reloadWantedBy}`;
}

/** What calls for workers, or for fewer of them. */
function lackOf(state: State): "scaling" | "recycle" | "respawn" {
  const generation = servingGeneration(state);
  if (generation === undefined) return "respawn";
  const { number, target, settings } = generation;
  if (target !== settings.workers) return "scaling";
  const isWorn = [...state.workers.values()].some(
    ({ generation: of, worn, phase }) =>
      of === number && worn !== undefined && phase.name !== "exited",
  );
  return isWorn ? "recycle" : "respawn";
}

/** Workers that were requested, or that replace others, and are not ready. */
function missingWords(state: State, nowMs: number): string | undefined {
  const generation = servingGeneration(state);
  if (generation === undefined || state.stop.name !== "none") return undefined;
  const { number, target } = generation;
  const running = [...state.workers.values()].filter(
    (worker) => worker.generation === number && worker.phase.name !== "exited",
  ).length;
  const ready = readyOf(state, number);
  const isWhole = ready === target && running === target;
  if (isWhole && !isReplacementMissing(state, generation, nowMs)) return undefined;
  if (generation.outdated !== undefined) {
    // What is on disk instead may be what has failed.
    if (ready === 0) return `0 of ${target} workers are ready`;
    return refusal.workersOutdated(ready, target, number, generation.outdated);
  }
  const why = lackOf(state) === "recycle" ? "being replaced" : "more still ending";
  const surplus = running > target ? `, ${running - target} ${why}` : "";
  return `${ready} of ${target} workers are ready${surplus}${crashWords(state, nowMs)}`;
}

/** A worker serves on only because too many replacements of it could not start. */
function isReplacementMissing({ workers, respawn }: State, generation: Generation, nowMs: number) {
  const { number, settings } = generation;
  if (!budgetIsSpent(respawn, settings.respawn, nowMs)) return false;
  return [...workers.values()].some(
    ({ generation: of, phase }) =>
      of === number && phase.name === "ready" && phase.recycle === "wanted",
  );
}

/** Workers that have reached a limit of `[recycle]`, and cannot be replaced. */
function wornWords(state: State): string | undefined {
  const generation = servingGeneration(state);
  if (generation?.outdated === undefined || state.stop.name !== "none") return undefined;
  const { number, outdated } = generation;
  const worn = [...state.workers.values()].flatMap(({ id, generation: of, phase, worn: why }) =>
    of === number && phase.name === "ready" && why !== undefined
      ? [`worker ${id}, which ${why.words}`]
      : [],
  );
  if (worn.length === 0) return undefined;
  return `suspended for ${worn.join(", ")}: ${message.filesChanged(outdated, number)}`;
}

/** What crashes have to do with it. */
function crashWords(state: State, nowMs: number): string {
  const generation = servingGeneration(state);
  if (generation === undefined) return "";
  const { respawn: settings } = generation.settings;
  const waitMs = state.respawn.notBeforeMs - nowMs;
  const next = waitMs > 0 ? `, the next one starts in ${seconds(waitMs)}s` : "";
  if (!budgetIsSpent(state.respawn, settings, nowMs)) return next;
  const crashes = recentCrashes(state.respawn, settings, nowMs);
  return `${next}: ${message.budgetSpent(crashes, settings.windowMs)}`;
}

function drainCommandWords(state: State): string | undefined {
  return isDrainCommanded(state) ? "health checks get 503; still serving" : undefined;
}

function handoverWords({ succession }: State): string | undefined {
  switch (succession.name) {
    case "none":
    case "granted":
    case "failed":
      return undefined;
    case "pending":
    case "claimed":
      return "this process is taking over the server";
    case "wanted":
      return "waiting for the current operation to finish";
    case "starting":
    case "offered":
      return "the new process is starting its workers";
    case "aborting":
      return "abandoned; the new process is being ended";
    default:
      return succession satisfies never;
  }
}
