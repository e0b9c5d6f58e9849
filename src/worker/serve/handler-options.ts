// What a worker's handlers are made from: the app, the limits of its requests, and who hears of
// what goes wrong.
import type { ServedTls } from "../../tls/served.ts";
import type { App } from "../app/app.ts";
import type { AppFault } from "../handle/app-errors.ts";
import type { Tracked } from "../requests/in-flight.ts";
import type { Meter } from "../requests/meter.ts";
import type { MakeRequestLayer } from "../requests/open-request-layer.ts";
import type { History } from "../publish/history.ts";
import type { Tell } from "../trouble.ts";
import type { OwnOptions } from "./bun-options.ts";

export interface HandlerOptions extends OwnOptions {
  readonly app: App;
  readonly meter: Meter;
  /** Undefined: requests are not logged, and get no id. */
  readonly requestLayer: MakeRequestLayer | undefined;
  /** Reports what the app did wrong with a request, which may have an id. */
  readonly onFault: (fault: AppFault, requestId: string | undefined) => void;
  /** The answer to such a request, if it is to have details; see `AppErrors`. */
  readonly explain?: ((fault: AppFault) => Response | undefined) | undefined;
  /** How long an idle connection stays, in milliseconds. */
  readonly keepAliveMs: number;
  /** HTTP/2 without TLS, to clients that know it beforehand. Left out: no. */
  readonly h2c?: boolean | undefined;
  /** Left out: HTTP without TLS. */
  readonly tls?: ServedTls | undefined;
  /** WebSockets may have to move to another worker. Left out: no. */
  readonly carriesWebSockets?: boolean | undefined;
  /** The largest body of a request, in bytes, if the app does not say. */
  readonly maxRequestBytes: number;
  /** See request-timeout.ts; 0: no limit. */
  readonly requestTimeoutMs: number;
  /** Reports a request, which may have an id, whose time is up. */
  readonly onTimeout: (request: Tracked, requestId: string | undefined) => void;
  /** Reports a request, which may have an id, whose body is larger than so many bytes. */
  readonly onTooLarge: (request: Tracked, requestId: string | undefined, maxBytes: number) => void;
  /** Is told what the app publishes to WebSockets, after it has. Left out: nobody is. */
  readonly onPublished?:
    ((...args: Parameters<Bun.Server<unknown>["publish"]>) => void) | undefined;
  /** What has been published. Left out: nobody else gets it. */
  readonly history?: History | undefined;
  /** Reports what is wrong with this worker. */
  readonly onTrouble: Tell;
}

/** The largest body of a request, in bytes: the app may say. */
export function maxBodyOf({ app, maxRequestBytes }: HandlerOptions): number {
  const { maxRequestBodySize: own } = app.options;
  return typeof own === "number" && own >= 0 ? own : maxRequestBytes;
}
