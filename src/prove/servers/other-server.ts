// A server that is not pounce: started by a command of the user, or running already, and reloaded
// by another command.
import { join } from "node:path";
import { isUnix } from "../../net/address.ts";
import { type Endpoint, endpointUrl } from "../load/endpoint.ts";
import { rejected, type ReloadOutcome, type Started, type Subject } from "../subject.ts";
import { childEnvironment, endGroup, spawnGroup, type Spawned } from "./child-group.ts";
import { isReady, look, noAnswer, type Sight } from "./first-answer.ts";
import type { Guard } from "./guard.ts";
import { lastLinesOf } from "./kept-output.ts";
import { runShell } from "./shell.ts";
import { Traces } from "./traces.ts";
import { inPlaceOfShell } from "./shell-command.ts";

export interface OtherServer {
  /** Starts it; undefined: it runs already. */
  readonly start: string | undefined;
  readonly reload: string;
  /** Ends what does not end with the process group of `start`; empty: nothing. */
  readonly stop: string;
  readonly target: Endpoint;
  /** Asked until there is an answer. */
  readonly path: string;
  /** How long that may take. */
  readonly startMs: number;
  readonly settleMs: number;
  /** A folder of ours. */
  readonly folder: string;
  readonly guard: Guard;
}

const LOOK_MS = 50;
/** How long one attempt to reach it may take: an app may need seconds for its answer. */
const ATTEMPT_MS = 10_000;
/** The same where nobody should be. */
const FREE_ATTEMPT_MS = 1000;
/** How long it may take to end after TERM. */
const STOP_MS = 15_000;
const HURRIED_STOP_MS = 1000;

type Env = Record<string, string | undefined>;

/** What tells a command where to listen; nothing, where that is no port. */
export function portOf(target: Endpoint): Readonly<Record<string, string>> {
  return isUnix(target) ? {} : { PORT: `${target.port}` };
}

/** Starts it if it does not run yet, and waits until it answers. */
export async function startOtherServer(other: OtherServer, signal: AbortSignal): Promise<Started> {
  const { start, target, folder, guard, stop, path } = other;
  const env = { ...childEnvironment(), ...portOf(target) };
  if (start !== undefined && (await look(target, path, FREE_ATTEMPT_MS)).is === "answer") {
    const message = `something answers at ${endpointUrl(target)} already: choose another --port`;
    return { ok: false, code: "failed", message, lines: [] };
  }
  const output = join(folder, "output");
  const child =
    start === undefined
      ? undefined
      : spawnGroup(["/bin/sh", "-c", inPlaceOfShell(start)], { env, output, guard });
  const traces = new Traces(stop === "" ? child?.pid : undefined);
  const own = { ...env, PID: child && `${child.pid}` };
  const running = { ...other, child, env: own, output, traces, signal };
  const problem = await untilAnswer(other, child, signal);
  if (problem === undefined) return { ok: true, subject: subjectOf(running) };
  const lines = lastLinesOf([output]);
  await end(running, signal.aborted);
  return { ok: false, code: "failed", message: problem, lines };
}

interface Running extends OtherServer {
  readonly child: Spawned | undefined;
  readonly env: Env;
  readonly output: string;
  readonly traces: Traces;
  /** Prove is to end. */
  readonly signal: AbortSignal;
}

function subjectOf(running: Running): Subject {
  const { start, target, settleMs, output, child, stop } = running;
  // With `stop`, the command may have started a daemon and ended: pm2 start.
  const mayEnd = child === undefined || stop !== "";
  return {
    name: start ?? "a running server",
    target,
    isH2c: false,
    isOurs: start !== undefined,
    settleMs,
    died: mayEnd
      ? new Promise(() => undefined)
      : child.exited.then((how) => `it ended with ${how}`),
    reload: () => reloadOther(running),
    end: (isHurried) => end(running, isHurried),
    doubts: () => running.traces.doubts(),
    lastLines: () => lastLinesOf([output]),
  };
}

/** The command does not tell when the new version serves. */
async function reloadOther(running: Running): Promise<ReloadOutcome> {
  const { reload, env, folder, guard, signal, traces } = running;
  traces.look();
  const problem = await runShell(reload, { env, output: join(folder, "reload"), guard, signal });
  if (problem !== undefined) return rejected(problem);
  return { outcome: "completed", reason: undefined, readyMs: undefined, drainMs: undefined };
}

async function end(
  { child, start, stop, env, folder, guard, target, path }: Running,
  isHurried: boolean,
): Promise<string | undefined> {
  const output = join(folder, "stop");
  const problem = stop === "" ? undefined : await runShell(stop, { env, output, guard });
  if (child !== undefined) await endGroup(child, isHurried ? HURRIED_STOP_MS : STOP_MS);
  if (start === undefined || isHurried || problem !== undefined) return problem;
  const { is } = await look(target, path, FREE_ATTEMPT_MS);
  if (is === "none") return undefined;
  return `${endpointUrl(target)} still answers after its end: --stop COMMAND ends what goes on`;
}

/** @returns why there is none; undefined: it answers */
async function untilAnswer(
  other: OtherServer,
  child: Spawned | undefined,
  signal: AbortSignal,
): Promise<string | undefined> {
  const { target, path, startMs, stop } = other;
  // One that starts a daemon ends with 0.
  const mayEnd = (code: string): boolean => stop !== "" && code === "exit code 0";
  let how: string | undefined;
  const over = new Promise<Sight>((resolve) => {
    const giveUp = (): void => resolve({ is: "none", words: "" });
    signal.addEventListener("abort", giveUp, { once: true });
    void child?.exited.then((it) => {
      how = it;
      if (!mayEnd(it)) giveUp();
    });
  });
  const untilMs = performance.now() + startMs;
  for (;;) {
    const sight = await Promise.race([look(target, path, ATTEMPT_MS), over]);
    if (isReady(sight)) return undefined;
    if (how !== undefined && !mayEnd(how)) {
      return `the command ended with ${how} before its first answer${hintOn(how)}`;
    }
    if (signal.aborted) return "the server was not waited for";
    if (performance.now() > untilMs) {
      // An app may say that it is unavailable as long as it runs.
      if (sight.is === "answer") return undefined;
      const hint = child === undefined ? "" : "; does it read PORT? if not, --port names its port";
      return noAnswer(target, sight, startMs) + hint;
    }
    await Bun.sleep(LOOK_MS);
  }
}

/** A command that starts a daemon ends at once. */
function hintOn(how: string | undefined): string {
  return how === "exit code 0" ? "; if it starts a daemon, --stop COMMAND ends that" : "";
}
