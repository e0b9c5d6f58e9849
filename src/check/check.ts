// Everything that `pounce check` looks at, in the order in which a start would come to it.
import type { LoadInput } from "../config/load.ts";
import { readPlan } from "../master/plan.ts";
import { here, servingProblem } from "../platform.ts";
import { addressFinding } from "./address.ts";
import { checkApp } from "./app.ts";
import { type Finding, kernelFindings } from "./kernel.ts";

export interface CheckResult {
  /** What decides the exit code: the configuration, then the app. All else is told, and no more. */
  readonly verdict: "ok" | "failed" | "usage";
  readonly findings: readonly Finding[];
}

export async function runCheck(input: LoadInput): Promise<CheckResult> {
  const read = await readPlan(input, undefined);
  if (!read.ok) {
    const findings = read.errors.map((error) => failure("configuration", error));
    return { verdict: "usage", findings };
  }
  const unsupported = servingProblem(process.platform);
  if (unsupported !== undefined) {
    // Whatever else is looked at needs what this system has not got.
    return { verdict: "failed", findings: [failure("system", unsupported)] };
  }
  const { plan, warnings } = read;
  const { config } = plan;
  const findings: Finding[] = [
    success("configuration", config.file ?? "flags, environment and defaults; no file"),
    ...warnings.map((warning) => failure("configuration", warning)),
  ];
  const app = await checkApp(plan);
  const label = plan.settings.appLabel;
  findings.push(
    app.ok
      ? success("app", `${label}: ${app.shape}, loaded in ${Math.round(app.tookMs)} ms`)
      : failure("app", `${label}: ${app.reason}`),
    await addressFinding(plan),
    ...(here.sharesAddresses ? kernelFindings() : limitFindings()),
  );
  return { verdict: app.ok ? "ok" : "failed", findings };
}

/** What the system lets a reload promise, and what not. No fault of anybody's. */
function limitFindings(): Finding[] {
  const promises = [
    "a version that fails to load changes nothing: the old one serves on",
    "requests in flight at a reload or a stop are answered, up to reload_timeout or shutdown_timeout",
  ];
  return [
    ...here.limits.map((limit) => success(here.name, limit)),
    ...promises.map((promise) => success(here.name, promise)),
  ];
}

function success(name: string, found: string): Finding {
  return { name, ok: true, found, advice: undefined };
}

function failure(name: string, found: string): Finding {
  return { name, ok: false, found, advice: undefined };
}
