// Reads the configuration and makes a plan from it. What the system has to say to that, such as
// whether its addresses are free: make-plan.ts.
import { accessSync, constants, realpathSync } from "node:fs";
import type { MetricsEndpoint } from "../../admin/metrics-server.ts";
import { parseAppReference } from "../../config/app-reference.ts";
import type { Config } from "../../config/config.ts";
import { type LoadInput, loadConfig } from "../../config/load.ts";
import type { Settings } from "../../core/settings.ts";
import { embeddedApp } from "../../embedded-app.ts";
import type { AppSource } from "../../ipc/messages.ts";
import { parseAddress } from "../../net/address.ts";
import { resolveHosts } from "../../net/hosts.ts";
import { refusal } from "../../os/refusal.ts";
import { codeOf } from "../../os/shortage.ts";
import { here } from "../../platform.ts";
import { fitToDebugger } from "./fit-to-debugger.ts";
import { fitToPlatform } from "./fit-to-platform.ts";
import type { PlanResult } from "./plan.ts";
import { runsAsOf } from "./runs-as.ts";
import { planTls } from "./tls.ts";

/** Even one without a connection takes a second, and some people save more often than that. */
const MAX_DRAINING_DEV = 16;

/** Changes nothing. @param heldPort what port 0 stands for, if known */
export async function readPlan(
  input: LoadInput,
  heldPort: number | undefined,
  inherited: readonly string[] = [],
): Promise<PlanResult> {
  const loaded = loadConfig(input);
  if (!loaded.ok) return { ok: false, cause: "config", errors: loaded.errors };
  const { inspect } = input;
  const { config: fitting, notes } = fitToPlatform(loaded.config, here);
  const { config, notes: more } = fitToDebugger(fitting, inspect);
  const warnings = [...loaded.warnings, ...notes, ...more];
  const hosts = await resolveHosts(config.host);
  if (!hosts.ok) return { ok: false, cause: "address", errors: [hosts.error] };
  const tls = config.tls === undefined ? NO_TLS : await planTls(config.tls);
  if (!tls.ok) return { ok: false, cause: "config", errors: tls.errors };
  warnings.push(...tls.warnings);
  const port = config.port === 0 ? (heldPort ?? 0) : config.port;
  const changed = runsAsOf(config, config.uds === undefined ? [port] : []);
  if (!changed.ok) return { ok: false, cause: "config", errors: [changed.error] };
  const { uds } = config;
  if ((uds !== undefined || config.socketActivation) && !here.passesDescriptors) {
    const key = uds === undefined ? "socket_activation" : "uds";
    const error = `${key}: needs Linux, and this is ${here.name}: set host and port`;
    return { ok: false, cause: "config", errors: [error] };
  }
  const onPort = hosts.hosts.map((host) => ({ host, port }));
  const ownAddresses = uds === undefined ? onPort : [{ path: uds.path }];
  const isPassed = config.socketActivation;
  const addresses = isPassed ? inherited.map(parseAddress) : ownAddresses;
  try {
    const folder = realpathSync(config.workingDirectory);
    accessSync(folder, constants.X_OK);
    const { isDev = false } = input;
    const settings = settingsOf(config, isDev);
    const { planned } = tls;
    const metrics = metricsOf(config, hosts.hosts);
    const plan = {
      config,
      settings,
      app: appOf(config),
      addresses,
      isShared: uds !== undefined || isPassed,
      sharesPorts: false,
      metrics,
      folder,
      runsAs: changed.runsAs,
      tls: planned,
      isDev,
      inspect,
    };
    return { ok: true, plan, warnings };
  } catch (thrown) {
    const why =
      codeOf(thrown) === "ENOENT" ? "does not exist" : `cannot be used: ${refusal(thrown)}`;
    const error = `working_directory: ${config.workingDirectory} ${why}`;
    return { ok: false, cause: "config", errors: [error] };
  }
}

const NO_TLS = { ok: true, planned: undefined, warnings: [] } as const;

function settingsOf(config: Config, isDev: boolean): Settings {
  return {
    isDev,
    isSecure: config.tls !== undefined,
    appLabel: config.app ?? embeddedApp()?.label ?? "the built-in demo",
    workers: config.workers,
    reloadTimeoutMs: config.reloadTimeoutMs,
    startupTimeoutMs: config.startupTimeoutMs,
    shutdownTimeoutMs: config.shutdownTimeoutMs,
    shutdownDelayMs: config.shutdownDelayMs,
    affinity: config.affinity,
    maxDraining: isDev ? MAX_DRAINING_DEV : config.rollout.maxDraining,
    respawn: config.respawn,
    hangTimeoutMs: config.hangTimeoutMs,
    websocket: config.websocket,
    // Whoever writes the app wants to see each version at once.
    ...(!isDev && { rollout: config.rollout, recycle: config.recycle }),
  };
}

function metricsOf({ metrics }: Config, hosts: readonly string[]): MetricsEndpoint {
  const { port, path } = metrics;
  return { addresses: port === undefined ? [] : hosts.map((host) => ({ host, port })), path };
}

function appOf({ app, appBase, appArgs }: Config): AppSource {
  const none = { module: "", exportName: undefined, call: false };
  const parsed = app === undefined ? undefined : parseAppReference(app);
  if (parsed !== undefined && !parsed.ok) throw new Error(parsed.error);
  const { module, exportName, call } = parsed ?? none;
  const embedded = app === undefined ? embeddedApp() : undefined;
  const label = app ?? embedded?.label;
  const isEmbedded = embedded !== undefined;
  return {
    label,
    isEmbedded,
    module,
    exportName,
    call,
    args: appArgs,
    base: appBase,
    file: undefined,
    ownHono: undefined,
  };
}
