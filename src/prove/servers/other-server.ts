// A server that is not pounce: started by a command of the user, or running already, and reloaded
// by another command.
import { join } from "node:path";
import { formatDuration } from "../../core/duration.ts";
import type { Address } from "../../net/address.ts";
import { AnswerReader } from "../load/answer-reader.ts";
import { readHead, requestBytes } from "../load/http.ts";
import { headersOf } from "../load/plan.ts";
import { RawSocket } from "../load/raw-socket.ts";
import { rejected, type ReloadOutcome, type Started, type Subject } from "../subject.ts";
import { urlOf } from "./address.ts";
import { childEnvironment, endGroup, spawnGroup, type Spawned } from "./child-group.ts";
import { Guard } from "./guard.ts";
import { lastLinesOf } from "./kept-output.ts";
import { runShell } from "./shell.ts";

export interface OtherServer {
  /** Starts it; undefined: it runs already. */
  readonly start: string | undefined;
  readonly reload: string;
  /** Ends what does not end with the process group of `start`; empty: nothing. */
  readonly stop: string;
  readonly target: Address;
  /** Asked until there is an answer. */
  readonly path: string;
  /** How long that may take. */
  readonly startMs: number;
  readonly settleMs: number;
  /** A folder of ours, removed by `end`. */
  readonly folder: string;
}

const LOOK_MS = 50;
/** How long one attempt to reach it may take. */
const ATTEMPT_MS = 2000;
/** How long it may take to end after TERM. */
const STOP_MS = 15_000;
const HURRIED_STOP_MS = 1000;

type Env = Record<string, string | undefined>;

/** Starts it if it does not run yet, and waits until it answers. */
export async function startOtherServer(other: OtherServer, signal: AbortSignal): Promise<Started> {
  const { start, target, folder } = other;
  const env = { ...childEnvironment(), PORT: `${target.port}` };
  if (start !== undefined && (await answers(other))) {
    const message = `something answers at ${urlOf(target)} already: choose another --port`;
    return { ok: false, code: "failed", message, lines: [] };
  }
  const output = join(folder, "output");
  const guard = new Guard(folder, other.stop, env);
  const child =
    start === undefined ? undefined : spawnGroup(["/bin/sh", "-c", start], { env, output, guard });
  const running = { ...other, child, env: { ...env, PID: child && `${child.pid}` }, guard, output };
  const problem = await untilAnswer(other, child, signal);
  if (problem === undefined) return { ok: true, subject: subjectOf(running) };
  const lines = lastLinesOf([output]);
  await end(running, signal.aborted);
  return { ok: false, code: "failed", message: problem, lines };
}

interface Running extends OtherServer {
  readonly child: Spawned | undefined;
  readonly env: Env;
  readonly guard: Guard;
  readonly output: string;
}

function subjectOf(running: Running): Subject {
  const { start, target, settleMs, output, child, stop } = running;
  // With `stop`, the command may have started a daemon and ended: pm2 start.
  const mayEnd = child === undefined || stop !== "";
  return {
    name: start ?? "a running server",
    target,
    isOurs: start !== undefined,
    settleMs,
    died: mayEnd
      ? new Promise(() => undefined)
      : child.exited.then((how) => `it ended with ${how}`),
    reload: () => reloadOther(running),
    end: (isHurried) => end(running, isHurried),
    lastLines: () => lastLinesOf([output]),
  };
}

/** The command does not tell when the new version serves. */
async function reloadOther({ reload, env, folder }: Running): Promise<ReloadOutcome> {
  const problem = await runShell(reload, env, join(folder, "reload"));
  if (problem !== undefined) return rejected(problem);
  return { outcome: "completed", reason: undefined, readyMs: undefined, drainMs: undefined };
}

async function end(
  { child, stop, env, folder, guard }: Running,
  isHurried: boolean,
): Promise<string | undefined> {
  const problem = stop === "" ? undefined : await runShell(stop, env, join(folder, "stop"));
  if (child !== undefined) await endGroup(child, isHurried ? HURRIED_STOP_MS : STOP_MS);
  await guard.release();
  return problem;
}

/** @returns why there is none; undefined: it answers */
async function untilAnswer(
  other: OtherServer,
  child: Spawned | undefined,
  signal: AbortSignal,
): Promise<string | undefined> {
  const { target, startMs, stop } = other;
  let how: string | undefined;
  void child?.exited.then((it) => (how = it));
  const untilMs = performance.now() + startMs;
  for (;;) {
    if (await answers(other)) return undefined;
    const hasEnded = how !== undefined && (stop === "" || how !== "exit code 0");
    if (hasEnded) return `the command ended with ${how} before its first answer${hintOn(how)}`;
    if (signal.aborted) return "the server was not waited for";
    if (performance.now() > untilMs) {
      const hint = child === undefined ? "" : "; does it read PORT? if not, --port names its port";
      return `${urlOf(target)} gave no answer within ${formatDuration(startMs)}${hint}`;
    }
    await Bun.sleep(LOOK_MS);
  }
}

/** A command that starts a daemon ends at once. */
function hintOn(how: string | undefined): string {
  return how === "exit code 0" ? "; if it starts a daemon, --stop COMMAND ends that" : "";
}

/** Whether there is an answer, whatever it says. `fetch` would ask the proxy of HTTP_PROXY. */
async function answers({ target, path }: OtherServer): Promise<boolean> {
  try {
    using socket = await RawSocket.connect(target.host, target.port, ATTEMPT_MS);
    socket.send(requestBytes({ path, headers: headersOf({ ...target, headers: {} }) }));
    await readHead(socket, new AnswerReader(), performance.now() + ATTEMPT_MS);
    return true;
  } catch {
    return false;
  }
}
