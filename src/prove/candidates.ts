// The servers that can be proven, each with what it takes to start it and to reload it.
import type { Running } from "../admin/registry.ts";
import type { LoadInput } from "../config/load.ts";
import { makeBadCopy } from "./bad-copy.ts";
import { scheduleOf } from "./bad-versions.ts";
import type { Endpoint, TlsTrust } from "./load/endpoint.ts";
import type { Plan } from "./run.ts";
import { addressOf } from "./servers/address.ts";
import { childEnvironment } from "./servers/child-group.ts";
import { reloadPounce } from "./servers/control.ts";
import { Guard } from "./servers/guard.ts";
import { type OtherServer, portOf, startOtherServer } from "./servers/other-server.ts";
import { spokenWith } from "./servers/spoken.ts";
import { startOwnServer } from "./servers/own-server.ts";
import { makePrivateFolder, removeFolder } from "./servers/private-folder.ts";
import type { Started, Subject } from "./subject.ts";

/** A server, and what is done with it besides the load. */
export type Candidate =
  | { readonly ok: true; readonly subject: Subject; readonly plan: Plan }
  | Extract<Started, { ok: false }>;

type Start = (signal: AbortSignal) => Promise<Candidate>;

/** A pounce of our own. */
export function ownPounce(own: {
  readonly input: LoadInput;
  readonly name: string;
  readonly bad: boolean;
  readonly reloads: number;
}): Start {
  const { input, name, bad, reloads } = own;
  return (signal) =>
    inPrivateFolder("", process.env, async (folder, guard) => {
      if (!bad) {
        const started = await startOwnServer({ input, name, folder, guard }, signal);
        return withPlan(started, goodReloads(reloads));
      }
      const copy = makeBadCopy(input, folder);
      if (!copy.ok) return { ...copy, lines: [] };
      const { flags, put, tried, untried } = copy;
      const { positionalApp: _, ...rest } = input;
      const server = { input: rest, name, folder, guard, flags };
      const started = await startOwnServer(server, signal);
      return withPlan(started, { schedule: scheduleOf(reloads, tried), untried, put });
    });
}

/** A server of another kind. */
export function otherServer(other: Omit<OtherServer, "folder" | "guard">, reloads: number): Start {
  const env = { ...childEnvironment(), ...portOf(other.target) };
  return (signal) =>
    inPrivateFolder(other.stop, env, async (folder, guard) =>
      withPlan(await startOtherServer({ ...other, folder, guard }, signal), goodReloads(reloads)),
    );
}

/** How a server that runs is reached. */
interface Reached {
  /** Where the load goes, if not to where the server listens. */
  readonly named: Endpoint | undefined;
  /** Which certificates are taken, if that was said. */
  readonly trust: TlsTrust | undefined;
}

/** A pounce that runs already: it gets reloads, and nothing else. */
export function runningPounce(server: Running, reached: Reached, reloads: number): Start {
  return async () => {
    const { path, card } = server;
    const address = addressOf(card.addresses);
    const { tls, isH2c } = spokenWith(card.config ?? undefined, card.tls === true);
    const own =
      address && (tls === undefined ? address : { ...address, tls: reached.trust ?? tls });
    const target = reached.named ?? own;
    if (target === undefined) {
      return { ok: false, code: "failed", message: "the server listens nowhere yet", lines: [] };
    }
    const subject: Subject = {
      name: `pounce, process ${card.pid}`,
      target,
      isH2c: isH2c && reached.named === undefined,
      isOurs: false,
      settleMs: 0,
      died: new Promise(() => undefined),
      reload: () => reloadPounce(path),
      end: async () => undefined,
      doubts: () => [],
      lastLines: () => [],
    };
    return { ok: true, subject, plan: goodReloads(reloads) };
  };
}

function goodReloads(reloads: number): Plan {
  return { schedule: scheduleOf(reloads, []), untried: [], put: () => undefined };
}

function withPlan(started: Started, plan: Plan): Candidate {
  return started.ok ? { ...started, plan } : started;
}

/**
 * The folder is removed when the subject has ended, or when there is none.
 * @param stop what ends the server if prove is killed, besides a signal; empty: nothing
 * @param env of that command
 */
async function inPrivateFolder(
  stop: string,
  env: Record<string, string | undefined>,
  start: (folder: string, guard: Guard) => Promise<Candidate>,
): Promise<Candidate> {
  const folder = makePrivateFolder();
  if (!folder.ok) return { ok: false, code: "failed", message: folder.error, lines: [] };
  const { path } = folder;
  const guard = new Guard(path, stop, env);
  const leave = async (): Promise<void> => {
    await guard.release();
    removeFolder(path);
  };
  const candidate = await start(path, guard);
  if (!candidate.ok) {
    await leave();
    return candidate;
  }
  const { subject } = candidate;
  const end = async (isHurried: boolean): Promise<string | undefined> => {
    const problem = await subject.end(isHurried);
    await leave();
    return problem;
  };
  return { ...candidate, subject: { ...subject, end } };
}
