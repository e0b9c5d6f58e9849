// One server under all the load that it can take, for a slice of time.
import { availableParallelism } from "node:os";
import { familyCpuMicros } from "../proc.ts";
import type { Clients } from "./clients.ts";
import type { Subject } from "./subjects.ts";

/** When within a slice a reload begins. */
const RELOAD_AFTER_MS = 250;

export interface Slice {
  readonly requestsPerSecond: number;
  /** CPU time of all processes of the server, those included that ended within the slice. */
  readonly cpuMicrosPerRequest: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly lost: number;
  /** The share of all processors that server and clients had: with less than 1, some were idle. */
  readonly busy: number;
  /** From the signal to the first answer of the new version. */
  readonly newAfterMs?: number;
}

interface SliceOptions {
  readonly ms: number;
  /** Reloads the server once in the slice. */
  readonly isReloaded?: boolean;
}

export async function measureSlice(
  clients: Clients,
  subject: Subject,
  { ms, isReloaded = false }: SliceOptions,
): Promise<Slice> {
  if (isReloaded) await subject.write();
  const before = { server: cpuOf(subject), clients: clients.cpuMicros() };
  const startMs = performance.now();
  const asking = clients.slice(subject.port, ms);
  const reloading = isReloaded ? await reloadSoon(subject) : undefined;
  const { requests, firstHeardMs, ...heard } = await asking;
  // What the old workers still do is part of what the reload costs.
  await reloading?.complete;
  const serverMicros = cpuOf(subject) - before.server;
  const allMicros = serverMicros + clients.cpuMicros() - before.clients;
  const slice = {
    ...heard,
    cpuMicrosPerRequest: serverMicros / requests,
    busy: allMicros / ((performance.now() - startMs) * 1000 * availableParallelism()),
  };
  if (reloading === undefined) return slice;
  return { ...slice, newAfterMs: firstHeardMs(reloading.version) - reloading.sentMs };
}

async function reloadSoon(subject: Subject): Promise<ReturnType<Subject["reload"]>> {
  await Bun.sleep(RELOAD_AFTER_MS);
  return subject.reload();
}

function cpuOf({ roots }: Subject): number {
  return roots.reduce((sum, pid) => sum + familyCpuMicros(pid), 0);
}
