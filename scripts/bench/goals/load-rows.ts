// What the rounds under load say about the goals.
import { judged, type Row, shown } from "../report.ts";
import { type Estimate, estimateRatio, exactly, mean, median } from "../statistics.ts";
import { formatValue } from "../table.ts";
import type { LoadRound } from "./load-round.ts";
import type { Slice } from "./slice.ts";
import { pairOf } from "./ours.ts";
import type { SubjectName } from "./subjects.ts";

type Key = "requestsPerSecond" | "cpuMicrosPerRequest" | "p99Ms" | "newAfterMs";
type Kind = keyof LoadRound;

export function loadRows(rounds: readonly LoadRound[]): Row[] {
  return [...againstRaw(rounds), ...reloadedAgainstSteady(rounds), ...againstNaive(rounds)];
}

/** The figure of a server in each round, over its slices; NaN where it took no part. */
function figures(rounds: readonly LoadRound[], kind: Kind, name: SubjectName, key: Key): number[] {
  return rounds.map((round) => mean((round[kind][name] ?? []).map(keyed(key))));
}

const keyed =
  (key: Key) =>
  (slice: Slice | undefined): number =>
    slice?.[key] ?? Number.NaN;

function hasTaken(rounds: readonly LoadRound[], kind: Kind, name: SubjectName): boolean {
  return rounds.every((round) => round[kind][name] !== undefined);
}

function againstRaw(rounds: readonly LoadRound[]): Row[] {
  const row = (requirement: string, key: Key, limit: Row["limit"] & object, absolute: Absolute) => {
    const plain = (name: SubjectName): number[] => figures(rounds, "plain", name, key);
    const [raw, again] = [plain("raw"), plain("rawAgain")];
    const both = raw.map((value, index) => mean([value, again[index] ?? Number.NaN]));
    return judged({
      requirement,
      unit: "ratio",
      limit,
      ...pairOf(hasTaken(rounds, "reloaded", "before"), (name) => ratios(plain(name), both)),
      control: estimateRatio(again, raw),
      detail: `${absolute(median(plain("pounce")))} / ${absolute(median(both))}`,
    });
  };
  return [
    row("requests/s, kept alive: pounce / raw", "requestsPerSecond", { atLeast: 0.99 }, rate),
    row("CPU time of a request: pounce / raw", "cpuMicrosPerRequest", { atMost: 1.01 }, micros),
  ];
}

function reloadedAgainstSteady(rounds: readonly LoadRound[]): Row[] {
  const row = (
    requirement: string,
    key: Key,
    limit: Row["limit"] & object,
    absolute: Absolute,
  ): Row => {
    const reloaded = (name: SubjectName): number[] => figures(rounds, "reloaded", name, key);
    const steady = (name: SubjectName): number[] => figures(rounds, "steady", name, key);
    const naive = median(ratios(reloaded("naive"), steady("naive"))).toFixed(3);
    const made = `${absolute(median(reloaded("pounce")))} / ${absolute(median(steady("pounce")))}`;
    return judged({
      requirement,
      unit: "ratio",
      limit,
      ...pairOf(hasTaken(rounds, "reloaded", "before"), (name) =>
        ratios(reloaded(name), steady(name)),
      ),
      control: innerToOuter(rounds, key),
      detail: hasTaken(rounds, "steady", "naive") ? `${made}; naive: ${naive}` : made,
    });
  };
  const [name, limit] = ["with a reload each 2 s / without", { atLeast: 0.98 }] as const;
  return [
    row(`requests/s ${name}`, "requestsPerSecond", limit, rate),
    row(`p99 ${name}`, "p99Ms", { atMost: 1.15 }, ms),
    shown({
      requirement: "requests lost in those slices, and in those with a connection each",
      unit: "count",
      measured: exactly(lostBy(rounds, "pounce")),
      detail: `naive: ${lostBy(rounds, "naive")}`,
    }),
  ];
}

/** A server that was not reloaded, in the two middle slices against the ones around them. */
function innerToOuter(rounds: readonly LoadRound[], key: Key): Estimate {
  const slices = (...indices: number[]): number[] =>
    rounds.map(({ plain }) => mean(indices.map((index) => keyed(key)(plain.raw?.[index]))));
  return estimateRatio(slices(1, 2), slices(0, 3));
}

function againstNaive(rounds: readonly LoadRound[]): Row[] {
  const row = (
    [requirement, kind, key]: readonly [string, Kind, Key],
    limit: Row["limit"] & object,
    absolute: Absolute,
  ): Row => {
    const of = (name: SubjectName): number[] => figures(rounds, kind, name, key);
    const again = hasTaken(rounds, kind, "naiveAgain");
    return judged({
      requirement,
      unit: "ratio",
      limit,
      ...pairOf(hasTaken(rounds, kind, "before"), (name) => ratios(of(name), of("naive"))),
      ...(again ? { control: estimateRatio(of("naiveAgain"), of("naive")) } : {}),
      detail: `${absolute(median(of("pounce")))} / ${absolute(median(of("naive")))}`,
    });
  };
  const [soon, anew] = ["HUP to first new answer, under load", "requests/s, a connection each"];
  return [
    row([`${soon}: pounce / naive`, "reloaded", "newAfterMs"], { atMost: 1.1 }, ms),
    row(
      [`${anew}, with reloads: pounce / naive`, "anew", "requestsPerSecond"],
      { atLeast: 0.98 },
      rate,
    ),
    shown({
      requirement: "  HUP to first new answer meanwhile",
      unit: "ratio",
      measured: estimateRatio(
        figures(rounds, "anew", "pounce", "newAfterMs"),
        figures(rounds, "anew", "naive", "newAfterMs"),
      ),
      detail: (["pounce", "naive"] as const)
        .map((name) => ms(median(figures(rounds, "anew", name, "newAfterMs"))))
        .join(" / "),
    }),
  ];
}

function lostBy(rounds: readonly LoadRound[], name: SubjectName): number {
  const slices = rounds.flatMap(({ reloaded, anew }) => [reloaded[name], anew[name]].flat());
  return slices.reduce((sum, slice) => sum + (slice?.lost ?? 0), 0);
}

function ratios(over: readonly number[], under: readonly number[]): number[] {
  return over.map((value, index) => value / (under[index] ?? Number.NaN));
}

type Absolute = (value: number) => string;
const ms: Absolute = (value) => formatValue(value, "ms");
const micros: Absolute = (value) => formatValue(value, "µs");
const rate: Absolute = (value) => `${(value / 1000).toFixed(1)} k/s`;
