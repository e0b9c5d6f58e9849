// What no signal brings about for long: a process whose first thread has ended, while others go on.
import { openLibc } from "../../src/os/libc.ts";

/** By processor: exit(2), which ends only the thread that calls it. */
const SYS_EXIT = process.arch === "arm64" ? 93 : 60;

/** Called by the first thread. What the process has open stays open until its last thread ends. */
export function endFirstThread(): void {
  openLibc({ syscall: { args: ["i64", "i64"], returns: "i64" } }).syscall(SYS_EXIT, 0);
}
