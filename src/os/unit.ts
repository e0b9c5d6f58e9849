// The systemd unit that a server runs in, for whoever looks for its log.
import { readFileSync } from "node:fs";
import { here } from "../platform.ts";

/** The unit whose journal stdout and stderr go to; undefined: they go elsewhere. */
export function unitOf(env: NodeJS.ProcessEnv): string | undefined {
  if (!here.hasProc || (env["JOURNAL_STREAM"] ?? "") === "") return undefined;
  try {
    const groups = readFileSync("/proc/self/cgroup", "latin1");
    return /\/([^/\n]+\.service)(?:\/|$)/m.exec(groups)?.[1];
  } catch {
    return undefined;
  }
}
