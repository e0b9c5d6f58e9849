// What the control socket needs of a master.
import type { Answer } from "../core/effects.ts";
import type { Until } from "../core/events.ts";
import type { ReloadResult, Snapshot, TlsReloadResult } from "./protocol.ts";

export interface ControlApi {
  /** Why this process can no longer be asked for anything; `undefined` while it has the server. */
  readonly handedOver: string | undefined;
  /** Where the serving generation answers health checks; `undefined`: nowhere. */
  readonly healthCheckPath: string | undefined;
  /** In the form that Prometheus reads. */
  metrics(): string;
  snapshot(): Promise<Snapshot>;
  /** Asks for a reload. Resolves as `until` says, or once it is certain to fail. */
  reload(until: Until): Promise<ReloadResult>;
  /** Reads certificates again. Resolves when all workers serve them, or with the reason why not. */
  reloadTls(): Promise<TlsReloadResult>;
  /** Resolves when that many workers serve, or with the reason why not. */
  scale(workers: number): Promise<Answer>;
  /** Resolves when the generation in standby takes all new connections, or with the reason. */
  rollback(): Promise<Answer>;
  /** Resolves when all workers have ended. */
  stop(): Promise<Answer>;
  /** Makes health answer 503 for a time. Resolves when that is over. */
  drain(forMs: number): Promise<Answer>;
}
