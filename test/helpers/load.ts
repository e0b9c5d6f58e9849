// The load client: many simulated clients of chosen kinds against one address, each reply in
// exactly one bucket. A test starts it, reloads or breaks the server, stops it and reads the
// result.
import { sameAnswers } from "./load/answers-mode.ts";
import { Loss } from "../../src/prove/load/loss.ts";
import { describeResult, type LoadResult, Recorder } from "./load/buckets.ts";
import { Client, type Session, type Target } from "./load/client.ts";
import * as connection from "./load/connection-modes.ts";
import { Random } from "../../src/prove/load/random.ts";
import { runSeed } from "./load/random.ts";
import * as request from "./load/request-modes.ts";
import { webSocketEcho } from "./load/websocket-mode.ts";

export { describeResult, expectNoLoss, losses, type LoadResult } from "./load/buckets.ts";

export const MODES = {
  connect: connection.connectionPerRequest,
  "connect-close": connection.connectionClose,
  "keep-alive": connection.keepAlive,
  "think-time": connection.thinkTime,
  silent: connection.silentThenRequest,
  "half-request": connection.halfRequest,
  "idle-limit": connection.idleToTheLimit,
  routes: connection.nativeRoutes,
  answers: sameAnswers,
  post: request.postEcho,
  "slow-upload": request.slowUpload,
  "slow-handler": request.slowHandler,
  sse: request.eventStream,
  "quiet-sse": request.quietStream,
  websocket: webSocketEcho,
} satisfies Record<string, Session>;

export type Mode = keyof typeof MODES;

/** A mode that only one test has. */
export interface OwnMode {
  readonly name: string;
  readonly session: Session;
}

export interface LoadOptions {
  /** A function is called for each connection, to spread clients over servers. */
  port: number | (() => number);
  host?: string;
  /** A Unix socket in their place. */
  path?: string | undefined;
  modes: readonly (Mode | OwnMode)[];
  /** In all, spread evenly over the modes. */
  clients?: number;
  seed?: number;
  /** The server's keep_alive_timeout. */
  keepAliveMs?: number;
  /**
   * The longest wait between two requests of a client that has no wait of its own. With 0, the
   * default, such clients take all that the machine has: for where a moment may lose something.
   */
  gapMs?: number;
}

/** What a client waits after a loss, so that a dead server is not asked in a tight loop. */
const PAUSE_AFTER_LOSS_MS = 50;
/** How long the slowest mode may need to finish what it has started. */
const STOP_TIMEOUT_MS = 30_000;

export interface Load {
  /** The result so far; it keeps changing until the load has stopped. */
  readonly result: LoadResult;
  /** Resolves when `condition` holds; fails if the load does not get there in time. */
  until(condition: (result: LoadResult) => boolean, timeoutMs?: number): Promise<void>;
  /** Resolves when each mode has had `count` more good replies than now. */
  untilMore(count: number): Promise<void>;
  /** Lets every client finish its request and returns the result. */
  stop(): Promise<LoadResult>;
}

export function startLoad(options: LoadOptions): Load {
  const { host = "127.0.0.1", port, path, clients = 64, keepAliveMs = 10_000, gapMs = 0 } = options;
  const modes = options.modes.map((it) =>
    typeof it === "string" ? { name: it, session: MODES[it] } : it,
  );
  const seed = options.seed ?? runSeed;
  const names = modes.map(({ name }) => name);
  const recorder = new Recorder(seed, names);
  const stopping = new AbortController();
  const target: Target = {
    host,
    path,
    keepAliveMs,
    gapMs,
    get port() {
      return typeof port === "number" ? port : port();
    },
  };
  const running = Array.from({ length: clients }, (_, index) => {
    const mode = modes[index % modes.length];
    if (mode === undefined) throw new Error("a load needs at least one mode");
    const { name, session } = mode;
    const random = new Random(seed, `${name} ${index}`);
    return runClient(session, new Client(name, target, random, recorder, stopping.signal));
  });
  // A client that throws anything but a Loss is a fault of the test: `stop` reports it.
  const finished = Promise.all(running);
  finished.catch(() => {});

  const until: Load["until"] = (condition, timeoutMs = 30_000) =>
    within(
      recorder.until(condition),
      timeoutMs,
      () => `${describeResult(recorder.result)}\nthe load did not get to its condition`,
    );
  return {
    result: recorder.result,
    until,
    untilMore(count) {
      const wanted = names.map((mode) => [mode, okIn(recorder.result, mode) + count] as const);
      return until((result) => wanted.every(([mode, least]) => okIn(result, mode) >= least));
    },
    async stop() {
      stopping.abort();
      await within(finished, STOP_TIMEOUT_MS, () => "clients of the load did not come to an end");
      return recorder.result;
    },
  };
}

async function runClient(session: Session, client: Client): Promise<void> {
  while (!client.stopping.aborted) {
    try {
      await session(client);
      // If a session is one short request, this keeps one client from starving the others.
      await client.gap();
    } catch (error) {
      if (!(error instanceof Loss)) throw error;
      client.recorder.lost(client.mode, error);
      await client.pause(PAUSE_AFTER_LOSS_MS);
    }
  }
}

function okIn(result: LoadResult, mode: string): number {
  return result.byMode[mode]?.ok ?? 0;
}

async function within<T>(promise: Promise<T>, timeoutMs: number, what: () => string): Promise<T> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => late.reject(new Error(`${what()} in ${timeoutMs} ms`)), timeoutMs);
  try {
    return await Promise.race([promise, late.promise]);
  } finally {
    clearTimeout(timer);
  }
}
