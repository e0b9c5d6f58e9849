// What `pounce check` says about limits that other settings, or the system, make pointless.
import type { Config } from "../config/config.ts";
import { formatDuration } from "../core/duration.ts";
import { descriptorLimit } from "../os/shortage.ts";
import { fine, type Finding, warning } from "./finding.ts";

/** Descriptors of a worker that are no connections, with room for a few of the app. */
const OTHERS = 100;

/** @param descriptors how many a worker may have; undefined: unknown */
export function limitsFindings(
  { requestTimeoutMs, reloadTimeoutMs, shutdownTimeoutMs, limits }: Config,
  descriptors = descriptorLimit()?.hard,
): Finding[] {
  const findings: Finding[] = [];
  const drains = { reload_timeout: reloadTimeoutMs, shutdown_timeout: shutdownTimeoutMs };
  for (const [name, ms] of Object.entries(drains)) {
    if (requestTimeoutMs <= ms) continue;
    const found = `${formatDuration(requestTimeoutMs)}, longer than ${name}`;
    findings.push(
      fine("request_timeout", found, `a request gets 503 once ${name} is over: make it longer`),
    );
  }
  const { maxConnections } = limits;
  if (descriptors !== undefined && maxConnections + OTHERS > descriptors) {
    const found = `${maxConnections}, and a worker may have ${descriptors} file descriptors`;
    const advice = "raise the limit (LimitNOFILE=, ulimit -Hn), or lower limits.max_connections";
    findings.push(warning("limits.max_connections", found, advice));
  }
  return findings;
}
