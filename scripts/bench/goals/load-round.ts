// A round under load: fresh processes of every server, all up at once, each loaded alone for slices
// that follow each other closely, since what the machine can do changes within seconds.
import type { Bench } from "../measure.ts";
import { Clients } from "./clients.ts";
import { measureSlice, type Slice } from "./slice.ts";
import { rotated, startSubject, type Subject, type SubjectName } from "./subjects.ts";

/** Until the code of the request path is compiled: for that, a server needs load, not time. */
const WARM_UP_MS = { plain: 1_000, other: 500 };
/** A reload in each two seconds, as three in six: with the whole drain, and with the cold code. */
const RELOADED_MS = 2_000;
/** The slices of a server that is compared with raw, each half as long as others. */
const PLAIN_SLICES = 4;

type Slices = Partial<Record<SubjectName, readonly Slice[]>>;

export interface LoadRound {
  /** Short slices of each server, in the order `a b c c b a a b c c b a`. */
  readonly plain: Slices;
  /** Right before and right after the one with the reload. */
  readonly steady: Slices;
  /** With one reload. */
  readonly reloaded: Slices;
  /** With one reload, and a new connection for each request. */
  readonly anew: Slices;
}

interface Cast {
  readonly plain: readonly SubjectName[];
  readonly steady: readonly SubjectName[];
  readonly reloaded: readonly SubjectName[];
}

/** Who takes part in what. */
export function castOf({ workspace, isFull }: Bench): Cast {
  const ours = workspace.before === undefined ? [] : (["before"] as const);
  const again = isFull ? (["naiveAgain"] as const) : [];
  return {
    plain: ["raw", "pounce", "rawAgain", ...ours],
    steady: ["pounce", ...ours, ...(isFull ? (["naive"] as const) : [])],
    reloaded: ["pounce", "naive", ...ours, ...again],
  };
}

export async function measureLoadRound(
  bench: Bench,
  clients: Clients,
  number: number,
): Promise<LoadRound> {
  const cast = castOf(bench);
  const subjects = new Map<SubjectName, Subject>();
  for (const name of rotated([...new Set([...cast.plain, ...cast.reloaded])], number)) {
    const subject = await startSubject(bench.workspace, name);
    subjects.set(name, subject);
    await clients.open(subject.port);
    const warmUp = cast.plain.includes(name) ? "plain" : "other";
    await measureSlice(clients, subject, { ms: WARM_UP_MS[warmUp] });
  }
  const of = (names: readonly SubjectName[]): Subject[] =>
    rotated(names, number).flatMap((name) => subjects.get(name) ?? []);
  const round = {
    plain: await measurePlain(bench, clients, of(cast.plain)),
    ...(await measureReloaded(bench, clients, of(cast.reloaded), cast.steady)),
    anew: await measureAnew(clients, of(cast.reloaded)),
  };
  for (const subject of subjects.values()) {
    await clients.close(subject.port);
    await subject.end();
  }
  return round;
}

async function measurePlain(
  { seconds }: Bench,
  clients: Clients,
  subjects: readonly Subject[],
): Promise<Slices> {
  const plain = new Map<SubjectName, Slice[]>(subjects.map(({ name }) => [name, []]));
  for (let pass = 0; pass < PLAIN_SLICES; pass += 1) {
    for (const subject of pass % 2 === 0 ? subjects : subjects.toReversed()) {
      const slice = await measureSlice(clients, subject, { ms: seconds * 500 });
      plain.get(subject.name)?.push(slice);
    }
  }
  return Object.fromEntries(plain);
}

async function measureReloaded(
  { seconds }: Bench,
  clients: Clients,
  subjects: readonly Subject[],
  steadyNames: readonly SubjectName[],
): Promise<Pick<LoadRound, "steady" | "reloaded">> {
  const [steady, reloaded]: [Slices, Slices] = [{}, {}];
  for (const subject of subjects) {
    const { name } = subject;
    const isSteadyToo = steadyNames.includes(name);
    const measureSteady = () => measureSlice(clients, subject, { ms: seconds * 1000 });
    const before = isSteadyToo ? [await measureSteady()] : [];
    reloaded[name] = [await measureSlice(clients, subject, { ms: RELOADED_MS, isReloaded: true })];
    if (isSteadyToo) steady[name] = [...before, await measureSteady()];
  }
  return { steady, reloaded };
}

async function measureAnew(clients: Clients, subjects: readonly Subject[]): Promise<Slices> {
  const anew: Slices = {};
  for (const subject of subjects) {
    await clients.close(subject.port);
    await clients.open(subject.port, "one request each");
    const options = { ms: RELOADED_MS, isReloaded: true };
    anew[subject.name] = [await measureSlice(clients, subject, options)];
  }
  return anew;
}
