// What makes a proof say less than it seems to, beyond what reloads leave open: what was answered
// before the load, and how the load itself went.
import type { Mode, ModePlan } from "./load/plan.ts";
import type { PathFindings } from "./load/probe.ts";
import type { ModeResult } from "./load/result.ts";
import { counted, shortTime } from "./words.ts";

/** Statuses that say that the app may not be what is proven: a token is missing, or a path. */
export function doubtfulAnswers(modes: readonly ModePlan[]): string[] {
  const planned = modes.flatMap(({ mode, paths }) => paths.map((it) => ({ mode, ...it })));
  const doubtful = planned.flatMap(({ mode, path, statuses }) => {
    const status = statuses.find((it) => it >= 400);
    if (status === undefined) return [];
    return [`${path} answers ${methodOf(mode)} with ${status}, which so counts as right`];
  });
  return [...new Set(doubtful)];
}

/** Answers of which a client cannot know whether they are whole. */
export function endlessAnswers(findings: readonly PathFindings[]): string[] {
  return findings
    .filter(({ get, post }) => [get, post].some((it) => it?.is === "whole" && it.endsByClose))
    .map(({ path }) => `${path} answers without a length: one that is cut looks whole`);
}

/** @param stalledMs the longest time in which clients did nothing at all */
export function doubtsOfLoad(modes: readonly ModeResult[], stalledMs: number): string[] {
  const noPort = modes.reduce((sum, mode) => sum + mode.noPort, 0);
  return [
    ...(stalledMs === 0 ? [] : [`${stalled(stalledMs)}: that is in the times above`]),
    ...(noPort === 0
      ? []
      : [`clients waited ${counted(noPort, "time")} for a free local port; --rate N asks less`]),
  ];
}

/** They were stopped, or had no processor. */
export function stalled(ms: number): string {
  return `the clients themselves stood still for ${shortTime(ms)}`;
}

const POSTING: ReadonlySet<Mode> = new Set(["post", "slow-upload", "h2-post"]);

function methodOf(mode: Mode): string {
  return POSTING.has(mode) ? "POST" : "GET";
}
