// What the log says of handovers between masters.

import { formatDuration } from "../duration.ts";
import { PROTOCOLS } from "../handover-protocol.ts";

export const handoverWords = {
  handoverReceived: (by: string) => `Received ${by} — handing over to the binary on disk`,
  handoverQueued: (by: string) =>
    `Received ${by} — the handover will follow when the current operation has finished`,
  handoverUnderWay: (by: string) => `Received ${by} — ignored: a handover is in progress`,
  handoverWhileStopping: (by: string) => `Received ${by} — ignored: the server is stopping`,
  handoverInDev: (by: string) =>
    `Received ${by} — ignored: to change the version of pounce, start pounce dev again`,
  nobodyServes: "Handover abandoned: no worker is left to serve requests",
  noHello: (pid: number | undefined, timeoutMs: number) =>
    `${newMaster(pid)} did not contact this one within ${formatDuration(timeoutMs)} ` +
    "(startup_timeout); is it pounce?",
  otherProtocol: (pid: number, theirs: readonly number[]) =>
    `${newMaster(pid)} speaks handover protocol ${theirs.join(", ")}, this master speaks ` +
    `${PROTOCOLS.join(", ")}: restart the server instead`,
  noClaim: (pid: number, timeoutMs: number) =>
    `${newMaster(pid)} was not ready within ${formatDuration(timeoutMs)}`,
  successorFailed: (pid: number | undefined, how: string) => `${newMaster(pid)} exited: ${how}`,
  offerFailed: (reason: string) => `Could not reply to the new master: ${reason}`,
  handoverFailed: "Handover failed — continuing with this binary",
  handedOver: (pid: number) =>
    `Handed over to process ${pid}. This process exits when its workers have drained`,
  tookOver: (from: number, urls: readonly string[]) =>
    `Took over from process ${from}. Serving ${urls.join(", ")}`,
  successorExited: (pid: number) =>
    `Process ${pid}, which took over, has exited — this one exits too`,
  predecessorEnded: (pid: number) => `Process ${pid}, which handed over, exited early`,
  afterHandover: (signal: string, pid: number) =>
    `Received ${signal} — ignored: process ${pid} is the server now`,
} as const;

function newMaster(pid: number | undefined): string {
  return pid === undefined ? "The new master" : `The new master (process ${pid})`;
}
