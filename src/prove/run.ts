// Proves one server: asks what it answers, loads it, reloads it under that load, and notes what was
// seen.
import { messageOf } from "../errors/message-of.ts";
import type { BadVersion } from "./bad-versions.ts";
import { doubtfulAnswers, doubtsOfLoad, endlessAnswers } from "./doubts.ts";
import type { Evidence, Reload } from "./evidence.ts";
import { endpointUrl } from "./load/endpoint.ts";
import { speaksH2 } from "./load/choose-modes.ts";
import { Load } from "./load/load.ts";
import { isH2 } from "./load/plan.ts";
import { probe } from "./load/probe.ts";
import { planModes, postPathsOf, unprovenPaths, whyNoH2 } from "./modes.ts";
import { rejected, type ReloadOutcome, type Subject } from "./subject.ts";
import type { Wishes } from "./wishes.ts";

/** What is done in a run besides the load. */
export interface Plan {
  readonly schedule: readonly ("good" | BadVersion)[];
  readonly untried: readonly string[];
  /** Puts a version where the next reload finds it. */
  readonly put: (version: "good" | BadVersion) => void;
}

/** How far it is. */
export interface Progress {
  readonly elapsedMs: number;
  /** The reload that is under way, or comes next. */
  readonly reload: number;
  readonly reloads: number;
  readonly load: Pick<Load, "result">;
}

export interface Watcher {
  /** Called once the load has begun. */
  began(progress: () => Progress): void;
  reloaded(reload: Reload, progress: Progress): void;
  ended(): void;
}

/** There is load before the first reload, and between two. */
const WARM_UP_MS = 500;
const PAUSE_MS = 200;
/** After the last reload: its losses may come late. */
const TAIL_MS = 500;

/**
 * Resolves with what was seen. The subject has been ended by then, unless it is not ours.
 * @param signal prove is to end: what is under way is not waited for
 */
export async function proveSubject(
  subject: Subject,
  wishes: Wishes,
  plan: Plan,
  watcher: Watcher,
  signal: AbortSignal,
): Promise<Evidence> {
  const { seed, timeoutMs, clients, rate, headers } = wishes;
  const target = { endpoint: subject.target, headers };
  const { all, post } = pathsToAsk(subject, wishes);
  const isH2Tried = mayBeH2(subject, wishes);
  const findings = await orAborted(
    probe(target, all, { postPaths: post, isH2Tried }, timeoutMs),
    signal,
    [],
  );
  const { modes, notRun } = planModes(findings, wishes, subject.isOurs);
  const { untried } = plan;
  const noH2 = isH2Tried && wishes.modes === undefined && !speaksH2(findings);
  const doubts = [
    ...doubtfulAnswers(modes),
    ...endlessAnswers(findings),
    ...(noH2 ? [whyNoH2(findings)] : []),
  ];
  const about = {
    name: subject.name,
    url: endpointUrl(subject.target),
    seed,
    notRun,
    unproven: modes.length === 0 ? [] : unprovenPaths(modes, findings, wishes),
    doubts,
    untried,
  };
  if (modes.length === 0 || signal.aborted) {
    const lastLines = subject.lastLines();
    const stopProblem = await subject.end(signal.aborted);
    const nothing = { seconds: 0, modes: [], reloads: [], died: undefined, stalledMs: 0 };
    const loadProblem = signal.aborted ? "interrupted" : undefined;
    return { ...about, ...nothing, loadProblem, stopProblem, lastLines };
  }
  const load = Load.start({
    ...target,
    modes,
    seed,
    timeoutMs,
    ...(clients === undefined ? {} : { clients }),
    ...(rate === undefined ? {} : { rate }),
  });
  const run = new Run(subject, plan, load, signal);
  watcher.began(() => run.progress);
  const reloads = await run.reloadAll((reload) => watcher.reloaded(reload, run.progress));
  const seconds = run.progress.elapsedMs / 1000;
  const loadProblem = await orAborted(stopLoad(load), signal, "interrupted");
  load.end();
  watcher.ended();
  const { died } = run;
  const lastLines = subject.lastLines();
  const ofReloads = reloads.length === 0 ? [] : subject.doubts();
  const stopProblem = await subject.end(signal.aborted);
  const { stalledMs, result } = load;
  return {
    ...about,
    doubts: [...doubts, ...ofReloads, ...doubtsOfLoad(result.modes, stalledMs)],
    seconds,
    modes: result.modes,
    stalledMs,
    reloads,
    died,
    loadProblem,
    lastLines,
    stopProblem,
  };
}

/** What work resolves with, or the value as soon as prove is to end. */
function orAborted<T>(work: Promise<T>, signal: AbortSignal, value: T): Promise<T> {
  if (signal.aborted) return Promise.resolve(value);
  const aborted = new Promise<T>((resolve) => {
    signal.addEventListener("abort", () => resolve(value), { once: true });
  });
  return Promise.race([work, aborted]);
}

/** @returns why it did not end as it should; undefined: it did */
async function stopLoad(load: Load): Promise<string | undefined> {
  try {
    await load.stop();
    return undefined;
  } catch (error) {
    return `the load ended too early: ${messageOf(error)}`;
  }
}

/** A run from the beginning of its load. */
class Run {
  /** How the server ended before its time. */
  died: string | undefined;
  #hasLoad = true;
  readonly #beganMs = performance.now();
  readonly #interrupted: Promise<ReloadOutcome>;
  #number = 1;

  constructor(
    readonly subject: Subject,
    readonly plan: Plan,
    readonly load: Load,
    readonly signal: AbortSignal,
  ) {
    const died = subject.died.then((how) => {
      this.died = how;
      return rejected(`the server died: ${how}`);
    });
    const aborted = new Promise<ReloadOutcome>((resolve) => {
      signal.addEventListener("abort", () => resolve(rejected("interrupted")), { once: true });
    });
    const failed = load.failed.catch(() => {
      this.#hasLoad = false;
      return rejected("there is no load any more");
    });
    this.#interrupted = Promise.race([died, aborted, failed]);
  }

  get progress(): Progress {
    const elapsedMs = performance.now() - this.#beganMs;
    const reloads = this.plan.schedule.length;
    return { elapsedMs, reload: this.#number, reloads, load: this.load };
  }

  get #isOver(): boolean {
    return this.died !== undefined || this.signal.aborted || !this.#hasLoad;
  }

  async reloadAll(onReload: (reload: Reload) => void): Promise<Reload[]> {
    const reloads: Reload[] = [];
    await this.#pause(WARM_UP_MS);
    for (const [index, version] of this.plan.schedule.entries()) {
      if (this.#isOver) break;
      this.#number = index + 1;
      const reload = await this.#reload(version);
      if (this.signal.aborted || !this.#hasLoad) break;
      reloads.push(reload);
      onReload(reload);
      await this.#pause(index + 1 < this.plan.schedule.length ? PAUSE_MS : TAIL_MS);
    }
    return reloads;
  }

  async #reload(version: "good" | BadVersion): Promise<Reload> {
    this.plan.put(version);
    const beganMs = this.progress.elapsedMs;
    const outcome = await Promise.race([this.subject.reload(), this.#interrupted]);
    await this.#pause(this.subject.settleMs);
    return { number: this.#number, version, beganMs, endedMs: this.progress.elapsedMs, ...outcome };
  }

  async #pause(ms: number): Promise<void> {
    await Promise.race([Bun.sleep(ms), this.#interrupted]);
  }
}

/** Whether HTTP/2 is tried: not unasked where a server would have to be told beforehand. */
function mayBeH2({ target, isH2c }: Subject, { modes }: Wishes): boolean {
  return modes?.some(isH2) ?? (target.tls !== undefined || isH2c);
}

/** All paths that are asked before the load. */
function pathsToAsk({ isOurs }: Subject, wishes: Wishes) {
  const { paths, ssePath, webSocketPath } = wishes;
  const post = postPathsOf(wishes, isOurs);
  const named = [ssePath, webSocketPath].flatMap((path) => path ?? []);
  return { all: [...new Set([...paths, ...post, ...named])], post };
}
