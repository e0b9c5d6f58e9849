// Where a simulated master logs to.
import type { LogEntry } from "../../../src/log/format.ts";
import type { Log } from "../../../src/log/logger.ts";
import type { ServerLog } from "../../../src/master/surroundings.ts";

export class SimulatedLog implements ServerLog {
  readonly file = undefined;

  /** @param log takes an entry; throws where it cannot be written */
  constructor(readonly log: Log) {}

  relay(_entries: readonly LogEntry[]): Promise<void> {
    return Promise.resolve();
  }

  use(): void {}

  reopen(): undefined {
    return undefined;
  }
}
