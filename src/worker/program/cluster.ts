// node:cluster, as a program finds it. pounce's workers take the place of those that it would fork:
// so in a program that forks if `isPrimary` and serves otherwise, each of them serves.
//
// Packages find a primary, as under Bun: a package that finds a worker sends what it has, such as
// lines of a log, to a primary that does not exist. So what `isPrimary` says depends on the file
// that reads it. A named import copies it before any file runs, and gets what the program gets.
import type { Cluster, Worker } from "node:cluster";
import { readFileSync } from "node:fs";
import { callerOf } from "./caller.ts";
import { ProgramFiles } from "./program-files.ts";

/** What tells a primary from a worker, as a worker finds it. */
const IN_WORKER = { isPrimary: false, isMaster: false, isWorker: true } as const;

const REFUSED =
  "nothing forks under pounce, whose workers take the place of a program's own: start the server " +
  "without fork, and set `workers` in the configuration. If another file is forked, serve that one";

const FORK = /\bfork\b/;
const IMPORT = /["'`](?:node:)?cluster["'`]/;
/** The names of modules that are in Bun. */
const OF_BUN = /^(?:node|bun|internal):/;

export class ClusterUse {
  readonly #files: ProgramFiles;
  /** What has been decided about each file that has asked. */
  readonly #isPrimaryTo = new Map<string, boolean>();
  /** The program has asked, and was told that it is a worker. */
  #isAsked = false;
  /** It has been imported, by the program or by a package, so named imports have their values. */
  #isImported = false;

  /**
   * Replaces members of node:cluster. No module of the app may have been imported before.
   * @param entry the program's main file; "": it is inside the executable
   * @param id the number of the program's worker, from 1
   */
  constructor(
    readonly entry: string,
    id: number,
  ) {
    this.#files = new ProgramFiles(entry);
    const cluster = process.getBuiltinModule("node:cluster") as unknown as Cluster;
    for (const [name, inWorker] of Object.entries(IN_WORKER)) {
      this.#define(cluster, name, !inWorker, () => inWorker);
    }
    let worker: Worker | undefined;
    this.#define(cluster, "worker", undefined, () => (worker ??= workerOf(cluster, id)));
    const fork = (): never => {
      const error = new Error(REFUSED);
      Error.captureStackTrace(error, fork);
      throw error;
    };
    set(cluster, "fork", fork);
  }

  #define(cluster: Cluster, name: string, inPrimary: unknown, inWorker: () => unknown): void {
    const get = (): unknown => (this.#isPrimary(callerOf(get)) ? inPrimary : inWorker());
    Object.defineProperty(cluster, name, {
      configurable: true,
      enumerable: true,
      get,
      set: (value) => {
        set(cluster, name, value);
      },
    });
  }

  /** Whether a file finds itself in a primary. @param file undefined: it is being imported */
  #isPrimary(file: string | undefined): boolean {
    if (file === undefined) this.#isImported = true;
    const asking = file ?? this.entry;
    const known = this.#isPrimaryTo.get(asking);
    const isPrimary = known ?? findsPrimary(this.#files, asking, textOf(asking));
    if (known === undefined) this.#isPrimaryTo.set(asking, isPrimary);
    if (file !== undefined && !isPrimary) this.#isAsked = true;
    return isPrimary;
  }

  /** Whether the program has been told that it is a worker. */
  get isUsed(): boolean {
    if (this.#isAsked || !this.#isImported) return this.#isAsked;
    const own = Object.keys(require.cache).filter((file) => this.#files.has(file));
    return own.some((file) => IMPORT.test(textOf(file) ?? "") && !this.#isPrimary(file));
  }
}

/**
 * Whether a file finds itself in a primary.
 * @param text what is in the file, if that is known
 */
export function findsPrimary(files: ProgramFiles, file: string, text: string | undefined): boolean {
  // Bun's own modules must listen as in a primary: as in a worker, they would ask one to do it.
  if (OF_BUN.test(file)) return true;
  const forks = text !== undefined && FORK.test(text);
  // Some packages fork for the program.
  if (!files.has(file)) return !forks;
  // If a program is one file that does not fork, then it is a package within it that asks.
  return text !== undefined && !forks && files.isAlone(file, text);
}

function set(cluster: Cluster, name: string, value: unknown): void {
  const options = { configurable: true, enumerable: true, writable: true };
  Object.defineProperty(cluster, name, { ...options, value });
}

/**
 * The worker that a program finds itself in: it has nobody to send to, and its life is not the
 * program's to end.
 */
function workerOf(cluster: Cluster, id: number): Worker {
  const Class = cluster.Worker as unknown as new (options: object) => Worker;
  const worker = new Class({ id, state: "listening" });
  return Object.assign(worker, {
    process,
    send: () => false,
    kill: () => undefined,
    destroy: () => undefined,
    disconnect: () => worker,
    isConnected: () => true,
    isDead: () => false,
  });
}

/** What is in a file, if it can be read: in an executable of pounce, sources are not. */
function textOf(file: string): string | undefined {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return undefined;
  }
}
