// Loads an app in a throwaway worker: user code never runs in the process that checks.
import { messageOf } from "../errors/message-of.ts";
import { loadMessage } from "../master/plan/load-message.ts";
import type { Plan } from "../master/plan/plan.ts";
import { WorkerProcess } from "../master/workers/worker-process.ts";
import { isOfOneAlone } from "../ipc/port-notes.ts";
import type { LoadedHono } from "./hono.ts";

type AppCheck =
  | {
      readonly ok: true;
      readonly shape: string;
      readonly hono: LoadedHono;
      /** For example, that it exports something that pounce ignores. */
      readonly notes: readonly string[];
      /** For example, that it asks for another port. */
      readonly remarks: readonly string[];
      readonly tookMs: number;
      /** Why a second worker cannot load it while the first one runs, as every reload requires. */
      readonly onceOnly?: string;
    }
  | { readonly ok: false; readonly reason: string };

/** An app that has been loaded, or not, and its worker. */
interface Loaded {
  readonly result: AppCheck;
  readonly worker: WorkerProcess;
}

/** Resolves when the app has loaded, has failed to load, or `startup_timeout` is over. */
export async function checkApp(plan: Plan): Promise<AppCheck> {
  try {
    return await loadInWorkers(plan);
  } catch (error) {
    const reason = messageOf(error);
    return { ok: false, reason: `its process could not be spawned: ${reason}` };
  }
}

async function loadInWorkers(plan: Plan): Promise<AppCheck> {
  const first = await loadInWorker(plan);
  try {
    const { result } = first;
    if (!result.ok || !result.notes.some(isOfOneAlone)) return result;
    const second = await loadInWorker(plan);
    second.worker.kill();
    return second.result.ok ? result : { ...result, onceOnly: second.result.reason };
  } finally {
    first.worker.kill();
  }
}

async function loadInWorker(plan: Plan): Promise<Loaded> {
  const { promise, resolve } = Promise.withResolvers<AppCheck>();
  const identity = { worker: 0, generation: 0, slot: 0 };
  // What the app prints at import is not part of the answer.
  const start = { plan, executable: process.execPath, page: undefined, stdout: 2 };
  let startedMs = performance.now();
  const worker = new WorkerProcess(identity, start, {
    onMessage: (message) => {
      if (message.type === "started") startedMs = performance.now();
      if (message.type === "failed") resolve({ ok: false, reason: message.reason });
      if (message.type !== "loaded") return;
      const { shape, notes, remarks = [], ownHono: own, usesBuiltInHono = false } = message;
      const hono = { own, isBuiltIn: usesBuiltInHono };
      const tookMs = performance.now() - startedMs;
      resolve({ ok: true, shape, hono, notes, remarks, tookMs });
    },
    onBroken: (what) => resolve({ ok: false, reason: `its process ${what}` }),
    onExit: (how) => resolve({ ok: false, reason: `it exited during import: ${how}` }),
  });
  worker.send(loadMessage(withoutFiles(plan), identity, undefined, true));
  const { startupTimeoutMs } = plan.config;
  const timer = setTimeout(() => {
    resolve({
      ok: false,
      reason: `still importing after ${startupTimeoutMs} ms (startup_timeout)`,
    });
  }, startupTimeoutMs);
  const result = await promise;
  clearTimeout(timer);
  return { result, worker };
}

/** The same plan for a worker that writes no log. */
function withoutFiles(plan: Plan): Plan {
  const { config } = plan;
  const log = { ...config.log, file: undefined };
  return { ...plan, config: { ...config, log, accessLog: undefined } };
}
