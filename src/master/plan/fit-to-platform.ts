// A configuration as this system can have it. What it cannot have is left out, with a warning.
import type { Config } from "../../config/config.ts";
import { ONE_WORKER } from "../../core/messages.ts";
import type { Capabilities } from "../../platform.ts";

/** @returns the configuration, and what has been changed of it, a sentence each */
export function fitted(
  config: Config,
  { name, sharesAddresses }: Capabilities,
): { readonly config: Config; readonly notes: readonly string[] } {
  if (sharesAddresses) return { config, notes: [] };
  const notes: string[] = [];
  const { workers, log } = config;
  if (workers > 1) notes.push(`workers: 1 in place of ${workers}: ${ONE_WORKER} (${name})`);
  if (log.capture) {
    notes.push(`log.capture: false in place of true: what workers print cannot be read on ${name}`);
  }
  return { config: { ...config, workers: 1, log: { ...log, capture: false } }, notes };
}
