// One subject over reloads: what it loses while clients ask as fast as they are answered, and how
// soon it answers with what is new.
import type { AskingCalls, ConnectionUse } from "../load/asking-client.ts";
import { LoadClient } from "../load/calls.ts";
import { CONNECTIONS } from "../measure.ts";
import { type Losses, startTimed, versionOf } from "./sample.ts";
import { type Subject, Unfinished } from "./subject.ts";

const RELOADS = 3;
const WARM_UP_MS = 500;
/** After a reload: the next one is to find a server at ease. */
const PAUSE_MS = 200;

interface Reloaded {
  readonly losses: Losses;
  /** Fewer than reloads where all clients stayed with the old workers. */
  readonly newAnswerMs: readonly number[];
  readonly startMs: number;
}

/** Undefined: the subject cannot reload. */
export async function measureReloads(
  subject: Subject,
  use: ConnectionUse,
): Promise<Reloaded | undefined> {
  const { server, port, startMs } = await startTimed(subject);
  const reload = server.reload;
  if (reload === undefined) {
    await server.end();
    return undefined;
  }
  const client = new LoadClient<AskingCalls>("asking-client.ts");
  await client.call("start", { port, use, connections: CONNECTIONS });
  await Bun.sleep(WARM_UP_MS);
  const commandedMs: number[] = [];
  let isFinished = true;
  for (let done = 1; done <= RELOADS && isFinished; done += 1) {
    await subject.write(port, versionOf(done));
    commandedMs.push(performance.timeOrigin + performance.now());
    isFinished = await hasFinished(reload());
    await Bun.sleep(PAUSE_MS);
  }
  const { answered, lost, firstHeardMs } = await client.call("stop", null);
  await client.end();
  await server.end();
  const newAnswerMs = commandedMs.flatMap((atMs, index) => {
    const heardMs = firstHeardMs[versionOf(index + 1)];
    return heardMs === undefined ? [] : [heardMs - atMs];
  });
  const losses = { reloads: commandedMs.length, unfinished: isFinished ? 0 : 1, answered, lost };
  return { losses, newAnswerMs, startMs };
}

async function hasFinished(reloading: Promise<void>): Promise<boolean> {
  try {
    await reloading;
    return true;
  } catch (error) {
    if (error instanceof Unfinished) return false;
    throw error;
  }
}
