// Everything that `pounce check` looks at, in the order in which a start would. If the check says
// that something is fine, a start must not fail because of it, so the check uses the start's own
// code.
import { type Explained, explain } from "../config/explain.ts";
import { type LoadInput, loadConfig } from "../config/load.ts";
import type { Plan } from "../master/plan/plan.ts";
import { readPlan } from "../master/plan/read-plan.ts";
import { isOfOneAlone } from "../ipc/port-notes.ts";
import { steeringProblem } from "../net/steering.ts";
import { here, platform, servingProblem } from "../platform.ts";
import { addressFinding } from "./address.ts";
import { affinityFindings } from "./affinity.ts";
import { certificateFinding } from "./certificates.ts";
import { checkApp } from "./app.ts";
import { fault, fine, type Finding, warning } from "./finding.ts";
import { honoFindings } from "./hono.ts";
import { kernelFindings } from "./kernel.ts";
import { limitsFindings } from "./limits.ts";
import { ownServer } from "./own-server.ts";
import { pathFindings } from "./paths.ts";
import { proxyFindings } from "./proxies.ts";
import { webSocketFindings } from "./websockets.ts";
import { unixSocketFindings } from "./unix-socket.ts";
import { userFindings } from "./user.ts";

interface CheckResult {
  /** Decides the exit code: first the configuration, then whatever else would stop a start. */
  readonly verdict: "ok" | "failed" | "usage";
  readonly findings: readonly Finding[];
  /** The configuration in effect, if it was asked for and is known. */
  readonly configuration?: readonly Explained[];
}

interface CheckOptions {
  /** A warning also fails. */
  readonly isStrict: boolean;
  /** Report the configuration that is in effect. */
  readonly explains: boolean;
}

/** Faults of these belong to the configuration: a server would exit with 2. */
const OF_CONFIGURATION = new Set(["configuration", "pid_file", "log.file", "log.access"]);

export async function runCheck(input: LoadInput, options: CheckOptions): Promise<CheckResult> {
  const read = await readPlan(input, undefined);
  if (!read.ok) {
    const name = read.cause === "address" ? "address" : "configuration";
    return judged(
      read.errors.map((error) => fault(name, error)),
      options,
    );
  }
  const unsupported = servingProblem(platform);
  // All other checks need what this system does not have.
  if (unsupported !== undefined) return judged([fault("system", unsupported)], options);
  const { plan, warnings } = read;
  const findings = [
    fine("configuration", plan.config.file ?? "flags, environment and defaults; no file"),
    ...warnings.map((words) => warning("configuration", words)),
    ...(plan.tls?.certificates ?? []).map((info) => certificateFinding(info, Date.now())),
    ...(await serverFindings(plan, input)),
  ];
  const result = judged(findings, options);
  const loaded = options.explains ? loadConfig(input) : undefined;
  return loaded?.ok === true
    ? { ...result, configuration: explain(loaded.settings, plan.config) }
    : result;
}

async function serverFindings(plan: Plan, { env }: LoadInput): Promise<Finding[]> {
  const own = await ownServer(plan);
  const { config } = plan;
  return [
    ...(await pathFindings(plan, own?.pid)),
    ...userFindings(plan, own),
    ...(await appFindings(plan)),
    nodeEnvFinding({ ...env, ...config.workerEnv }["NODE_ENV"]),
    await addressFinding(plan, own),
    ...unixSocketFindings(plan),
    ...proxyFindings(config),
    ...affinityFindings(config, here.sharesAddresses ? steeringProblem() : undefined),
    ...(await webSocketFindings(config)),
    ...limitsFindings(config),
    ...(here.sharesAddresses ? kernelFindings() : limitFindings()),
  ];
}

async function appFindings(plan: Plan): Promise<Finding[]> {
  const app = await checkApp(plan);
  const label = plan.settings.appLabel;
  const named = (reason: string): string =>
    reason.startsWith(`app ${label}`) ? reason.slice("app ".length) : `${label}: ${reason}`;
  if (!app.ok) return [fault("app", named(app.reason))];
  const isDemo = plan.app.label === undefined;
  const { onceOnly } = app;
  // What such a note warns of has been found.
  const notes = onceOnly === undefined ? app.notes : app.notes.filter((it) => !isOfOneAlone(it));
  // With one worker the server starts, but no reload succeeds.
  const judge = plan.config.workers > 1 ? fault : warning;
  return [
    fine("app", `${label}: ${app.shape}, loaded in ${Math.round(app.tookMs)} ms`),
    ...(onceOnly === undefined ? [] : [judge("app", named(onceOnly))]),
    ...[...notes, ...app.remarks].map((words) => fine("app", words)),
    ...honoFindings(app.hono, isDemo),
  ];
}

function nodeEnvFinding(value: string | undefined): Finding {
  const name = "NODE_ENV";
  if (value !== undefined) return fine(name, JSON.stringify(value));
  return fine(
    name,
    "not set",
    'many packages are slower without NODE_ENV = "production": set it in [env]',
  );
}

/** The verdict on what was found. */
function judged(findings: readonly Finding[], { isStrict }: CheckOptions): CheckResult {
  const faults = findings.filter(({ level }) => level === "error");
  if (faults.some(({ name }) => OF_CONFIGURATION.has(name))) return { verdict: "usage", findings };
  const isWarned = isStrict && findings.some(({ level }) => level === "warning");
  return { verdict: faults.length > 0 || isWarned ? "failed" : "ok", findings };
}

/** What the system lets a reload promise, and what it does not. No limit counts as a fault. */
function limitFindings(): Finding[] {
  const promises = [
    "a version that fails to load changes nothing: the old one keeps serving",
    "requests in flight at a reload or a stop are answered, up to " +
      "reload_timeout or shutdown_timeout",
  ];
  return [...here.limits, ...promises].map((words) => fine(here.name, words));
}
