// Loads a worker: the app, its `startup`, and the servers that will listen. Nothing listens yet.
import { describeError } from "../errors/describe-error.ts";
import type { LoadMessage } from "../ipc/messages.ts";
import { type Address, type TcpAddress, tcpAmong } from "../net/address.ts";
import type { OpenPort } from "../net/listeners.ts";
import { ownUser } from "../os/own-user.ts";
import { closedFolder } from "../os/paths.ts";
import type { Identity } from "../os/privileges.ts";
import { applyClassSettings } from "../tsconfig/class-settings.ts";
import { AppError } from "./app/app-error.ts";
import type { App } from "./app/app.ts";
import { loadApp } from "./app/load-app.ts";
import { judgeHono } from "./app/hono-origin.ts";
import { placeOf, runStartup } from "./app/hooks.ts";
import type { Leadership } from "./app/leadership.ts";
import { makeServers, type ServersContext } from "./make-servers.ts";
import { refuseOwnPorts } from "./app/own-ports.ts";
import { bundlePages } from "./routes/pages.ts";
import type { Servers } from "./serve/servers.ts";
import { watchStreams } from "./app/stream-errors.ts";

/** How long before the end of `startup_timeout` a worker says what it has waited for. */
export const NOTICE_MS = 500;

export interface LoadContext<S extends Servers> extends ServersContext<S> {
  readonly leadership: Leadership;
  /** The app's modules have been read. */
  readonly onImported?: () => void;
  /** What pounce serves is not what the program is for, in words. */
  readonly onWrong: (words: string) => void;
  /** The port of its debugger, if there is one now. Left out: there never is. */
  readonly debuggerPort?: (() => number | undefined) | undefined;
}

export interface Loaded<S extends Servers> {
  readonly ok: true;
  readonly app: App;
  readonly servers: S;
  /** A note that the app does not get the Hono it had before. */
  readonly honoNote: string | undefined;
  /** Why the app does not load: it is the page that says so. Left out: it loads. */
  readonly failure?: string;
}

/** Why the worker cannot start. */
export interface LoadFailure {
  readonly ok: false;
  readonly reason: string;
  /** The error that the reason was made from. */
  readonly thrown: unknown;
  /** What has happened, as in `./app.ts does not load`. */
  readonly what: string;
  /** What to do, in a sentence, if the error does not say it. Left out: nothing more. */
  readonly remedy?: string;
}

const NO_HTTP2 =
  "h2c is ignored: Bun serves a program on node:http, as this app is one, by HTTP/1.1 alone";

/** What a program is told to listen on. Where that is a Unix socket: any port. */
function portsFor(addresses: readonly Address[]): TcpAddress[] {
  const onPort = tcpAmong(addresses);
  return onPort.length > 0 || addresses.length === 0 ? onPort : [{ host: "127.0.0.1", port: 0 }];
}

/** Loads the app and makes its servers. A trial goes on to listen, where nobody connects. */
export async function loadServers<S extends Servers>(
  settings: LoadMessage,
  context: LoadContext<S>,
): Promise<Loaded<S> | LoadFailure> {
  let doing = "";
  try {
    if (settings.runsAs !== undefined) await settle(settings.runsAs);
    enterFolder(settings.folder);
    watchStreams((thrown) => {
      context.meter.streamFailed();
      context.log.error("stream-failed", "a stream of the app failed", { thrown });
    });
    const loaded = await loadApp(settings.app, {
      openPorts: () => portsOfApp(context),
      addresses: portsFor(settings.addresses),
      isSecure: settings.tls !== undefined,
      untilMs: settings.startupTimeoutMs - NOTICE_MS,
      onWrong: context.onWrong,
    });
    context.onImported?.();
    const bundled = await bundlePages(withNotes(loaded, settings), settings.app.label);
    const app = context.dev?.watched(bundled) ?? bundled;
    const honoNote = judgeHono(settings.app, app.file);
    doing = ", startup";
    const place = placeOf(settings, context.leadership);
    if (!settings.isTrial) await runStartup(app, place, settings.startupTimeoutMs);
    const servers = await makeServers(app, settings, context);
    doing = ", listening";
    if (settings.isTrial) {
      refuseOwnPorts(labelOf(settings), tcpAmong(settings.addresses), context.system.openPorts());
      servers.bind({ host: "127.0.0.1", port: 0 });
    }
    return { ok: true, app, servers, honoNote };
  } catch (error) {
    const label = labelOf(settings);
    const reason = reasonOf(error, `app ${label}${doing}`);
    const what = doing === "" ? `${label} does not load` : `the startup of ${label} has failed`;
    return { ok: false, reason, thrown: error, what };
  }
}

function withNotes(app: App, { h2c = false }: LoadMessage): App {
  if (!h2c || app.node === undefined) return app;
  return { ...app, notes: [...app.notes, NO_HTTP2] };
}

/** The ports that the app has opened. */
function portsOfApp<S extends Servers>({ system, debuggerPort }: LoadContext<S>): OpenPort[] {
  const ours = debuggerPort?.();
  return system.openPorts().filter(({ port }) => port !== ours);
}

export function labelOf({ app }: LoadMessage): string {
  return app.label ?? "the built-in demo";
}

/**
 * Moves from the folder of tsconfig.json to the folder to run in, and makes that file take effect.
 */
function enterFolder(folder: string): void {
  const started = process.cwd();
  if (started !== folder) change(folder);
  applyClassSettings(started);
}

function change(folder: string): void {
  try {
    process.chdir(folder);
  } catch (error) {
    const closed = closedFolder(folder);
    if (closed === undefined) throw error;
    const remedy = `chmod or chown it, or set working_directory to another folder`;
    throw new AppError(`working_directory: ${ownUser()} may not enter ${closed}: ${remedy}`);
  }
}

/** Makes sure that the process has become another user as a whole. Throws. */
async function settle(identity: Identity): Promise<void> {
  const { settleAs } = await import("../os/privileges.ts");
  settleAs(identity);
}

/**
 * Why a worker cannot start: an error of the app with its place; ours are already a sentence.
 * @param where it was thrown
 */
export function reasonOf(error: unknown, where: string): string {
  return error instanceof AppError ? error.message : `${where}: ${describeError(error)}`;
}
