// Fits a configuration to a debugger that attaches to one worker, and may stop it at any moment.
import type { Config } from "../../config/config.ts";
import type { Inspect } from "../../net/inspect.ts";

/** A person may take a day until the debugger is attached. */
const PATIENCE_MS = 24 * 60 * 60 * 1000;

/** @returns the configuration, and what was changed in it, a sentence each */
export function fitToDebugger(
  config: Config,
  inspect: Inspect | undefined,
): { readonly config: Config; readonly notes: readonly string[] } {
  if (inspect === undefined) return { config, notes: [] };
  const { workers, startupTimeoutMs } = config;
  const notes =
    workers === 1
      ? []
      : [`workers: using 1 instead of ${workers}: a debugger attaches to one (--inspect)`];
  const patience = inspect.waits ? PATIENCE_MS : startupTimeoutMs;
  // A worker at a breakpoint does not hang.
  const hangTimeoutMs = 0;
  return { config: { ...config, workers: 1, startupTimeoutMs: patience, hangTimeoutMs }, notes };
}
