// What one round measures of one subject: its shape, and a start of the subject that is timed.
import { untilAnswer } from "../http.ts";
import { freePort } from "../servers.ts";
import type { Running, Subject } from "./subject.ts";

/** What is lost while all workers are replaced, several times. */
export interface Losses {
  readonly reloads: number;
  /** Reloads whose old workers were still there when the wait for them ended. */
  readonly unfinished: number;
  readonly answered: number;
  /** Requests without an answer or with another than 200, and connections that were refused. */
  readonly lost: number;
}

export interface Sample {
  readonly requestsPerSecond: number;
  /** Of all processes of the server. */
  readonly cpuMicrosPerRequest: number;
  /** Of what all processors could do while the throughput was measured, 0 to 1. */
  readonly busy: number;
  /** From when a request was due, at a rate that is the same for all. */
  readonly p99Ms: number;
  /** PSS of all processes right after the load, in MB of 1,024 kB. */
  readonly memoryMb: number;
  /** From spawn to the first answer, for each start. */
  readonly startMs: readonly number[];
  /** From the reload's command to the first answer of the new version, under load. */
  readonly newAnswerMs: readonly number[];
  /** A connection for each request; absent where the server cannot reload. */
  readonly anew?: Losses;
  /** Connections that stay open. */
  readonly kept?: Losses;
}

/** The versions differ in their last digit only: answers are of one length. */
export const versionOf = (reload: number): string => `v${reload}`;

export interface Started {
  readonly server: Running;
  readonly port: number;
  readonly startMs: number;
}

/** Starts the subject in its first version. */
export async function startTimed(subject: Subject): Promise<Started> {
  const port = freePort();
  await subject.write(port, versionOf(0));
  const spawnedMs = performance.now();
  const starting = subject.start(port);
  const answering = untilAnswer(port, versionOf(0)).then(() => performance.now() - spawnedMs);
  const [server, startMs] = await Promise.all([starting, answering]);
  return { server, port, startMs };
}
