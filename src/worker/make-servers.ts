// Makes the servers of a worker from its app and its settings. Nothing listens yet.
import { formatDuration } from "../core/duration.ts";
import { formatSize } from "../core/size.ts";
import type { LoadMessage } from "../ipc/messages.ts";
import type { App } from "./app/app.ts";
import type { DevPages } from "./dev/dev-pages.ts";
import type { AppFault } from "./handle/app-errors.ts";
import type { Links } from "./links/links.ts";
import { Publishing } from "./publish/publishing.ts";
import type { Tracked } from "./requests/in-flight.ts";
import type { Meter } from "./requests/meter.ts";
import { openRequestLayer } from "./requests/open-request-layer.ts";
import { type Health, healthResponse } from "./serve/health.ts";
import type { Servers } from "./serve/servers.ts";
import type { System } from "./system.ts";
import type { Tell } from "./trouble.ts";
import type { WorkerLog } from "./worker-log.ts";

export interface ServersContext<S extends Servers> {
  readonly system: System<S>;
  readonly log: WorkerLog;
  readonly meter: Meter;
  readonly health: () => Health;
  /** To other workers. */
  readonly links: Links;
  /** Shows errors to whoever asks; undefined: nobody does. */
  readonly dev: DevPages | undefined;
}

/** @param failure why the app is the page that tells about it; undefined: it is the user's */
export async function makeServers<S extends Servers>(
  app: App,
  settings: LoadMessage,
  { system, log, meter, health, links, dev }: ServersContext<S>,
  failure?: string,
): Promise<S> {
  const { generation, worker } = settings;
  const tell: Tell = (event, words) => log.warn(event, words);
  const publishing = new Publishing(settings, links, log);
  const options = {
    app,
    healthCheckPath: settings.healthCheckPath,
    health: () => healthResponse({ generation, worker }, health(), failure),
    ownRoutes: dev?.routes,
    meter,
    keepAliveMs: settings.keepAliveTimeoutMs,
    h2c: settings.h2c,
    carriesWebSockets: settings.websocket?.onReload === "carry",
    tls: settings.tls,
    maxRequestBytes: settings.limits.maxRequestBytes,
    requestTimeoutMs: settings.requestTimeoutMs,
    onTimeout: (request: Tracked, id: string | undefined) =>
      log.warn("request-timed-out", notInTime(settings.requestTimeoutMs), { request, id }),
    onTooLarge: (request: Tracked, id: string | undefined, maxBytes: number) =>
      log.warn("body-too-large", tooLarge(maxBytes), { request, id }),
    requestLayer: await openRequestLayer(settings, tell),
    onFault: ({ what, detail, request }: AppFault, id: string | undefined) =>
      log.error("app-threw", what, detail, request && { request, id }),
    explain: dev && ((fault: AppFault) => dev.answer(fault)),
    onPublished: publishing.onPublished,
    history: publishing.history,
    onTrouble: tell,
  };
  const servers = system.createServers(options, settings);
  await publishing.receive(() => servers.handlers.servers.all);
  return servers;
}

function notInTime(limitMs: number): string {
  return `not answered within ${formatDuration(limitMs)} (request_timeout): the client got 504`;
}

function tooLarge(maxBytes: number): string {
  const keys = "limits.max_request_size, or the app's own maxRequestBodySize";
  return `its body is larger than ${formatSize(maxBytes)} (${keys}): the client got 413`;
}
