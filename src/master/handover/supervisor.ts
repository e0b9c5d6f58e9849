// Who watches this process, as far as /proc tells.
import { readFileSync } from "node:fs";
import { here } from "../../platform.ts";
import type { Watcher } from "./refusal.ts";

export function watcher(): Watcher {
  const { pid, ppid, env } = process;
  const { hasProc, sharesAddresses } = here;
  const parent = hasProc ? nameOf(ppid) : undefined;
  return { pid, env, parent, isParentFirst: ppid === 1, sharesAddresses };
}

function nameOf(pid: number): string | undefined {
  try {
    const command = readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0");
    const name = readFileSync(`/proc/${pid}/comm`, "utf8").trim();
    // supervisord is a Python script: its own name is that of the interpreter.
    const script = command[1]?.split("/").at(-1);
    return script === "supervisord" || script === "circusd" ? script : name;
  } catch {
    return undefined;
  }
}
