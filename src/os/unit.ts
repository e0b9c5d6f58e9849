// The systemd unit that a server runs in, to say where its log is.
import { readFileSync } from "node:fs";
import { here } from "../platform.ts";

/** The unit whose journal gets stdout and stderr; undefined if they go elsewhere. */
export function unitOf(env: NodeJS.ProcessEnv): string | undefined {
  if (!here.hasProc || (env["JOURNAL_STREAM"] ?? "") === "") return undefined;
  try {
    const groups = readFileSync("/proc/self/cgroup", "latin1");
    return /\/([^/\n]+\.service)(?:\/|$)/m.exec(groups)?.[1];
  } catch {
    return undefined;
  }
}
