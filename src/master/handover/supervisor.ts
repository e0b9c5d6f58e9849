// Who supervises this process, as far as its environment and /proc show.
import { readFileSync } from "node:fs";
import { here } from "../../platform.ts";
import type { Supervision } from "../../core/events.ts";

export function supervision(): Supervision {
  const { pid, ppid, env } = process;
  return {
    pid,
    parent: here.hasProc ? nameOf(ppid) : undefined,
    isParentFirst: ppid === 1,
    isUnderSupervisord: env["SUPERVISOR_ENABLED"] !== undefined,
    isServiceOfSystemd: env["SYSTEMD_EXEC_PID"] === String(pid),
    canNotify: env["NOTIFY_SOCKET"] !== undefined,
  };
}

function nameOf(pid: number): string | undefined {
  try {
    const command = readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0");
    const name = readFileSync(`/proc/${pid}/comm`, "utf8").trim();
    // supervisord is a Python script: its process is named after the interpreter.
    const script = command[1]?.split("/").at(-1);
    return script === "supervisord" || script === "circusd" ? script : name;
  } catch {
    return undefined;
  }
}
