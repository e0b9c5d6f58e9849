// What a master needs before it can serve: a configuration that can be followed, an address that is
// free, the pid file. A successor has its predecessor's offer first. Where something is missing
// there is no server, and an exit code.
import type { LoadInput } from "../config/load.ts";
import { EXIT_CODE } from "../exit-codes.ts";
import { explain } from "../os/shortage.ts";
import { here, platform, servingProblem } from "../platform.ts";
import { takeSuccessorMark } from "./handover/environment.ts";
import type { Predecessor } from "./handover/predecessor.ts";
import { writePidFile } from "./host/pid-file.ts";
import { realClock } from "./real/clock.ts";
import type { ServiceManager } from "./host/service-manager.ts";
import { makePlan } from "./plan/make-plan.ts";
import type { Plan, PlanResult } from "./plan/plan.ts";

const NOTHING_HELD = { port: undefined, addresses: [], uid: undefined };

export interface Prepared {
  readonly plan: Plan;
  readonly warnings: readonly string[];
  /** The service manager that waits to hear from this process, if there is one. */
  readonly manager: ServiceManager | undefined;
  /** The master that this one takes over from. */
  readonly predecessor: Predecessor | undefined;
}

type Preparation =
  | ({ readonly ok: true } & Prepared)
  /** The reason has been reported. */
  | { readonly ok: false; readonly exitCode: number };

/** @param report says why there is no server; a successor says so to its predecessor instead */
export async function prepare(
  input: LoadInput,
  report: (problem: string) => void,
): Promise<Preparation> {
  const unsupported = servingProblem(platform);
  if (unsupported !== undefined) {
    report(unsupported);
    return { ok: false, exitCode: EXIT_CODE.usage };
  }
  const takesOver = takeSuccessorMark();
  const manager = await findServiceManager(process.env, takesOver);
  const predecessor = takesOver ? await openPredecessor() : undefined;
  const fail = (exitCode: number, problems: readonly string[]): Preparation => {
    if (predecessor === undefined) for (const problem of problems) report(problem);
    else predecessor.send({ type: "failed", reason: problems.join("\n") });
    return { ok: false, exitCode };
  };
  const refused = await new Promise<string | undefined>((resolve) =>
    predecessor === undefined ? resolve(undefined) : predecessor.open(resolve),
  );
  if (refused !== undefined) return fail(EXIT_CODE.failed, [refused]);
  const result = await makePlan(input, predecessor?.held ?? NOTHING_HELD).catch(notPlanned);
  if (!result.ok) {
    return fail(result.cause === "address" ? EXIT_CODE.address : EXIT_CODE.usage, result.errors);
  }
  const { plan, warnings } = result;
  const { pidFile } = plan.config;
  // A successor writes it when the server is its own.
  const writesPidFile = pidFile !== undefined && predecessor === undefined;
  const problem = writesPidFile ? writePidFile(pidFile) : undefined;
  if (problem !== undefined) return fail(EXIT_CODE.usage, [problem]);
  return { ok: true, plan, warnings, manager, predecessor };
}

/** Few masters take over from another. */
async function openPredecessor(): Promise<Predecessor> {
  const { Predecessor: Found } = await import("./handover/predecessor.ts");
  const { predecessorChannel } = await import("./handover/predecessor-channel.ts");
  return new Found(predecessorChannel, realClock);
}

/** @param waits see `ServiceManager` */
async function findServiceManager(
  env: NodeJS.ProcessEnv,
  waits: boolean,
): Promise<ServiceManager | undefined> {
  const address = env["NOTIFY_SOCKET"];
  if (address === undefined || address === "" || !here.hasLibc) return undefined;
  const { ServiceManager: Found } = await import("./host/service-manager.ts");
  return new Found(address, env, waits);
}

/**
 * If the system refuses something while a plan is made, that is not our fault: it needs no stack.
 */
function notPlanned(error: unknown): PlanResult {
  return { ok: false, cause: "config", errors: [explain(error)] };
}
