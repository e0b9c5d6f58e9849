// The servers whose cost is compared, each with an app of its own that can be rewritten: pounce, an
// older pounce, raw `Bun.serve` in two processes, and a naive rolling restart of it. Those with
// `Again` in their names are for the control.
import { machineMs } from "../../../src/os/clock.ts";
import { Naive } from "../naive.ts";
import { freePort, Pounce, RawPair, WORKERS } from "../servers.ts";
import { writeApp, type Workspace } from "../workspace.ts";

export type SubjectName = "pounce" | "before" | "raw" | "rawAgain" | "naive" | "naiveAgain";

/** What pounce is compared with is the executable that is measured, or the one before. */
export type Ours = "pounce" | "before";

interface Reloading {
  /** How the answers of the new version end. */
  readonly version: string;
  /** When the signal was sent, in the milliseconds of `machineMs`. */
  readonly sentMs: number;
  /** Resolves when nothing of the old version runs. */
  readonly complete: Promise<void>;
}

export interface Subject {
  readonly name: SubjectName;
  readonly port: number;
  /** The processes that all others of the server come from. */
  readonly roots: readonly number[];
  /** Writes the next version of the app, for the next reload. */
  write(): Promise<void>;
  /** Has the server take what was written. */
  reload(): Reloading;
  end(): Promise<void>;
}

/** What of a server is used here. */
interface Running {
  readonly roots: readonly number[];
  readonly reload?: () => { readonly complete: Promise<void> };
  end(): Promise<void>;
}

interface Place {
  readonly port: number;
  readonly executable: string;
  /** Of pounce. */
  readonly workers: number;
}

/** All answers have one length. */
const VERSIONS = "0123456789abcdefghijklmnopqrstuvwxyz";
const versionOf = (number: number): string => VERSIONS[number % VERSIONS.length] ?? "";

/** Resolves when the server listens; its first answer may come earlier. */
export async function startSubject(
  workspace: Workspace,
  name: SubjectName,
  place: Partial<Place> = {},
): Promise<Subject> {
  const { port = freePort(), executable = executableOf(workspace, name) } = place;
  let written = 0;
  const write = (): Promise<string> =>
    writeApp(workspace, "async", `v${versionOf(written)}`, `-${name}`);
  const server = await startServer(workspace, name, await write(), {
    workers: WORKERS,
    ...place,
    port,
    executable,
  });
  return {
    name,
    port,
    roots: server.roots,
    write: async () => {
      written += 1;
      await write();
    },
    reload: () => {
      if (server.reload === undefined) throw new Error(`${name} cannot reload`);
      const sentMs = machineMs();
      return { version: versionOf(written), sentMs, ...server.reload() };
    },
    end: () => server.end(),
  };
}

function executableOf({ pounce, before = pounce }: Workspace, name: SubjectName): string {
  return name === "before" ? before : pounce;
}

async function startServer(
  workspace: Workspace,
  name: SubjectName,
  app: string,
  place: Place,
): Promise<Running> {
  switch (name) {
    case "pounce":
    case "before": {
      const server = await Pounce.start(workspace, app, place);
      const reload = () => server.reload();
      return { roots: [server.master.pid], reload, end: () => server.end() };
    }
    case "raw":
    case "rawAgain": {
      const server = await RawPair.start(workspace, app, place.port);
      return { roots: server.workers(), end: () => server.end() };
    }
    case "naive":
    case "naiveAgain": {
      const server = await Naive.start(workspace, app, place);
      const reload = () => server.reload();
      return { roots: [server.master.pid], reload, end: () => server.end() };
    }
  }
}

/** Begins with another one in each round, so that none always has the same place in the order. */
export function rotated<T>(all: readonly T[], round: number): T[] {
  const first = round % all.length;
  return [...all.slice(first), ...all.slice(0, first)];
}
