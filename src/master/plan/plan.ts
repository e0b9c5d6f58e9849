// What a generation is made from: the configuration, newly read and checked, with everything that
// can be found out before a worker is started. How it is made: read-plan.ts, make-plan.ts.
import type { MetricsEndpoint } from "../../admin/metrics-server.ts";
import type { Config } from "../../config/config.ts";
import type { Settings } from "../../core/settings.ts";
import type { AppSource } from "../../ipc/messages.ts";
import type { Address } from "../../net/address.ts";
import type { Inspect } from "../../net/inspect.ts";
import type { FileFacts } from "../../os/file-facts.ts";
import type { RunsAs } from "./runs-as.ts";
import type { PlannedTls } from "./tls.ts";

export interface Plan {
  /** What the app was loaded from, once a worker has loaded it; see os/file-facts.ts. */
  readonly files?: readonly FileFacts[] | undefined;
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
