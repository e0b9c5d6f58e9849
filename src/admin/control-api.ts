// What the control socket needs of a master.
import type { Answer } from "../core/effects.ts";
import type { Until } from "../core/events.ts";
import type { ReloadResult, Snapshot } from "./protocol.ts";

export interface ControlApi {
  /** Why nothing can be asked of this process any more; `undefined` while it has the server. */
  readonly handedOver: string | undefined;
  /** As Prometheus reads them. */
  metrics(): string;
  snapshot(): Promise<Snapshot>;
  /** Asks for a reload. Resolves as `until` says, or once it is known that it fails. */
  reload(until: Until): Promise<ReloadResult>;
  /** Resolves when so many workers serve, or with the reason why not. */
  scale(workers: number): Promise<Answer>;
  /** Resolves when all workers have ended. */
  stop(): Promise<Answer>;
  /** Health answers 503 for a time. Resolves when that is over. */
  drain(forMs: number): Promise<Answer>;
}
