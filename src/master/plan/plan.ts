// What a generation is made from: the configuration, newly read and checked, with everything that
// can be found out before a worker is started.
import { accessSync, constants, realpathSync } from "node:fs";
import type { MetricsEndpoint } from "../../admin/metrics-server.ts";
import { parseAppReference } from "../../config/app-reference.ts";
import type { Config } from "../../config/config.ts";
import { type LoadInput, loadConfig } from "../../config/load.ts";
import { message } from "../../core/messages.ts";
import type { Settings } from "../../core/settings.ts";
import { embeddedApp } from "../../embedded-app.ts";
import { logProblem } from "../../log/output.ts";
import type { AppSource } from "../../ipc/messages.ts";
import {
  type Address,
  formatAddress,
  isUnix,
  parseAddress,
  type TcpAddress,
  tcpAmong,
} from "../../net/address.ts";
import { claimAddress, releaseClaim } from "../../net/claim.ts";
import { probeAddress } from "../../net/probe.ts";
import { steeringProblem } from "../../net/steering.ts";
import { inheritedAddresses, unservedSockets } from "../../net/inherited.ts";
import { claimPath, releasePath } from "../../net/unix-claim.ts";
import { refusal } from "../../os/refusal.ts";
import { codeOf } from "../../os/shortage.ts";
import { here } from "../../platform.ts";
import { resolveHosts } from "../../net/hosts.ts";
import { addressProblem } from "./address-in-use.ts";
import type { Inspect } from "../../net/inspect.ts";
import { fitToDebugger } from "./fit-to-debugger.ts";
import { fitToPlatform } from "./fit-to-platform.ts";
import { changeProblem, type RunsAs, runsAsOf, uidOf } from "./runs-as.ts";
import { type PlannedTls, planTls } from "./tls.ts";

/** Generations that may drain at the same time. */
const MAX_DRAINING = 3;
/** Even one without a connection takes a second, and some people save more often than that. */
const MAX_DRAINING_DEV = 16;

export interface Plan {
  readonly config: Config;
  readonly settings: Settings;
  readonly app: AppSource;
  /** Port 0 means the port that the first worker gets. */
  readonly addresses: readonly Address[];
  /** All workers accept from one listening socket for each address, which the master holds. */
  readonly isShared: boolean;
  /** The same of ports, because the kernel refuses to steer. */
  readonly sharesPorts: boolean;
  readonly metrics: MetricsEndpoint;
  /** The real folder that workers run in, with links followed. */
  readonly folder: string;
  /** Whom workers become before they load the app; undefined: they stay as the master is. */
  readonly runsAs: RunsAs | undefined;
  /** Left out: HTTP without TLS. */
  readonly tls?: PlannedTls | undefined;
  /** Whether it is for the person who writes the app. */
  readonly isDev: boolean;
  /** Where a debugger can attach; left out: nowhere. */
  readonly inspect?: Inspect | undefined;
}

export type PlanResult =
  | { readonly ok: true; readonly plan: Plan; readonly warnings: readonly string[] }
  /** `cause`: whether an address is not available, or the configuration is wrong. */
  | {
      readonly ok: false;
      readonly cause: "config" | "address";
      readonly errors: readonly string[];
    };

/** What is already ours, and so is not probed. */
export interface Held {
  /** The port that port 0 stands for, once a worker has got one. */
  readonly port: number | undefined;
  readonly addresses: readonly string[];
  /** Those of sockets that a predecessor passes on; left out: this process knows them itself. */
  readonly inherited?: readonly string[];
  /** The user of the workers that serve; undefined: none do. */
  readonly uid: number | undefined;
  /** See `Plan.sharesPorts`, which stays as it was at the start. Left out: not known yet. */
  readonly sharesPorts?: boolean | undefined;
}

/**
 * How long after `startup_timeout` an address stays claimed for workers, if none comes to listen.
 */
const CLAIM_GRACE_MS = 5000;

/**
 * Makes a plan, and checks that its addresses are free and its logs can be written. At the start,
 * with nothing held, it first waits for workers whose master has died. The only side effect: a
 * missing log file is created.
 */
export async function makePlan(input: LoadInput, held: Held): Promise<PlanResult> {
  const inherited = held.inherited ?? inheritedAddresses();
  const read = await readPlan(input, held.port, typeof inherited === "string" ? [] : inherited);
  if (!read.ok) return read;
  if (read.plan.config.socketActivation && read.plan.addresses.length === 0) {
    return { ok: false, cause: "config", errors: [notPassed(inherited)] };
  }
  const { addresses, metrics, config, runsAs } = read.plan;
  const { sharesPorts, warnings } = portSharing(read.plan, held);
  const fixed = changeProblem(runsAs, held.uid);
  if (fixed !== undefined) return { ok: false, cause: "config", errors: [fixed] };
  // What was passed listens already.
  const wanted = config.socketActivation ? [] : addresses;
  const fresh = [...wanted, ...metrics.addresses].filter(
    (address) => !held.addresses.includes(formatAddress(address)),
  );
  const claim = (address: TcpAddress): string | undefined =>
    addresses.includes(address) && address.port !== 0
      ? claimAddress(address, uidOf(runsAs))
      : probeAddress(address);
  const wait = held.addresses.length === 0 ? config : undefined;
  const claimUnix = (path: string) => claimPath(path, config.uds?.mode ?? 0, runsAs?.identity.gid);
  const problem = await addressProblem(fresh, wait, claim, claimUnix);
  const release = (): void => {
    for (const address of fresh) {
      if (isUnix(address)) releasePath(address.path);
      else releaseClaim(formatAddress(address));
    }
  };
  if (problem === undefined) setTimeout(release, config.startupTimeoutMs + CLAIM_GRACE_MS).unref();
  else release();
  if (problem !== undefined) return { ok: false, cause: "address", errors: [problem] };
  const unwritable = logProblem(config, runsAs?.identity);
  if (unwritable !== undefined) return { ok: false, cause: "config", errors: [unwritable] };
  const plan = { ...read.plan, sharesPorts, isShared: read.plan.isShared || sharesPorts };
  const isStart = wait !== undefined;
  const unserved = isStart ? unservedSockets(config.socketActivation) : undefined;
  const told = unserved === undefined ? warnings : [...warnings, unserved];
  return { ok: true, plan, warnings: [...read.warnings, ...told] };
}

/**
 * Whether workers share the sockets of ports. The kernel is asked at the first plan that has a
 * port: what was decided then holds for as long as anybody listens.
 */
function portSharing(
  { addresses, isShared }: Plan,
  held: Held,
): { readonly sharesPorts: boolean; readonly warnings: readonly string[] } {
  const isDecided = held.sharesPorts !== undefined;
  if (isDecided || isShared || !here.passesDescriptors || tcpAmong(addresses).length === 0) {
    return { sharesPorts: held.sharesPorts ?? false, warnings: [] };
  }
  const problem = steeringProblem();
  if (problem === undefined) return { sharesPorts: false, warnings: [] };
  return { sharesPorts: true, warnings: [message.sharesPorts(problem)] };
}

/**
 * Reads the configuration and makes a plan from it.
 * @param heldPort what port 0 stands for, if known
 */
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

/** @param why no sockets are there */
function notPassed(why: readonly string[] | string): string {
  const reason = typeof why === "string" ? ` (${why})` : "";
  return (
    `socket_activation: no listening sockets were passed${reason}: start it by a .socket unit of ` +
    "systemd (`pounce init systemd --socket` writes one), or set host and port"
  );
}

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
    maxDraining: isDev ? MAX_DRAINING_DEV : MAX_DRAINING,
    respawn: config.respawn,
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
