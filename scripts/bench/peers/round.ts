// Everything that a round measures of one subject, each measurement on processes of its own.
import { measureReloads } from "./reloads.ts";
import { type Sample, startTimed } from "./sample.ts";
import { measureSteady } from "./steady.ts";
import type { Subject } from "./subject.ts";

export async function measureSubject(subject: Subject, seconds: number): Promise<Sample> {
  const { server, port, startMs } = await startTimed(subject);
  const steady = await measureSteady(server, port, seconds);
  await server.end();
  const anew = await measureReloads(subject, "one request each");
  const kept = await measureReloads(subject, "kept");
  if (anew === undefined || kept === undefined) {
    return { ...steady, startMs: [startMs], newAnswerMs: [] };
  }
  if (anew.newAnswerMs.length < anew.losses.reloads) {
    throw new Error(`${subject.name} has not answered with its new version`);
  }
  return {
    ...steady,
    startMs: [startMs, anew.startMs, kept.startMs],
    newAnswerMs: anew.newAnswerMs,
    anew: anew.losses,
    kept: kept.losses,
  };
}
