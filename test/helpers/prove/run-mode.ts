// Runs one client of a mode in this process, against a server that a test has made.
import type { Endpoint } from "../../../src/prove/load/endpoint.ts";
import { Clients } from "../../../src/prove/load/clients.ts";
import type { LoadPlan, Mode } from "../../../src/prove/load/plan.ts";
import { type ModeResult, ModeTotal } from "../../../src/prove/load/result.ts";
import { runSeed } from "../load/random.ts";
import { until } from "../until.ts";

interface Options {
  readonly port?: number;
  /** If not TCP at a port. */
  readonly endpoint?: Endpoint;
  readonly path?: string;
  /** The status from before the load. */
  readonly status?: number;
  readonly timeoutMs?: number;
  /** Whether enough has been seen; if not given, the first thing that is counted is. */
  readonly isEnough?: (result: ModeResult) => boolean;
}

/** Resolves with what had been seen when all had ended. */
export async function runMode(mode: Mode, options: Options): Promise<ModeResult> {
  const { port = 0, path = "/", status = 200, timeoutMs = 5_000 } = options;
  const { isEnough = ({ requests }: ModeResult) => requests > 0 } = options;
  const modes: LoadPlan["modes"] = [{ mode, paths: [{ path, statuses: [status] }] }];
  const { endpoint = { host: "127.0.0.1", port } } = options;
  const plan = { endpoint, headers: {}, modes, seed: runSeed, timeoutMs };
  const part = { process: 0, processes: 1, share: { [mode]: 1 }, startMs: performance.now() };
  const clients = new Clients({ type: "start", plan, ...part }, () => performance.now());
  const total = new ModeTotal(mode, [0]);
  const look = (): ModeResult => {
    const report = clients.take()[mode];
    if (report !== undefined) total.add(0, report);
    return total.result;
  };
  await until(`enough of ${mode}`, () => isEnough(look()));
  clients.stop();
  await clients.ended;
  return look();
}
