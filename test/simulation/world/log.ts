// Where a simulated master logs to. It cannot be written at times.
import type { LogEntry } from "../../../src/log/format.ts";
import type { Log } from "../../../src/log/logger.ts";
import type { ServerLog } from "../../../src/master/surroundings.ts";
import type { MasterProcess } from "./master-process.ts";

export class SimulatedLog implements ServerLog {
  readonly file = undefined;

  constructor(readonly process: MasterProcess) {}

  readonly log: Log = (...entry) => {
    this.process.world.onlooker.onLog(this.process, entry);
  };

  relay(_entries: readonly LogEntry[]): Promise<void> {
    return Promise.resolve();
  }

  use(): void {}

  reopen(): undefined {
    return undefined;
  }
}
