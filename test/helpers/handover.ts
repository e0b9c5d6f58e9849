// Hands a server over to another executable, as an upgrade does: a new file takes the name of the
// running one, and USR2 follows.
import { chmod, rename } from "node:fs/promises";
import { readlinkSync, statSync } from "node:fs";
import { copyExecutable, ownBinary, pounceBinary, type ServerProcess } from "./server.ts";

const HANDED_OVER = /Handed over to process (\d+)\./;

interface Handover {
  /** The new master. */
  readonly pid: number;
  /** Lines of the log from the signal on have at least this index. */
  readonly after: number;
}

/** Puts another file (by default the same build) in place of the running executable. */
export async function upgradeBinary(server: ServerProcess, binary = pounceBinary()): Promise<void> {
  const beside = `${ownBinary(server)}.new`;
  await copyExecutable(binary, beside);
  await rename(beside, ownBinary(server));
}

/** Puts a shell script in place of the running executable. */
export async function replaceByScript(server: ServerProcess, script: string): Promise<void> {
  await replaceByText(server, `#!/bin/sh\n${script}\n`);
}

/** Puts a file with a text in place of the binary, and makes it executable. */
export async function replaceByText(server: ServerProcess, text: string): Promise<void> {
  const beside = `${ownBinary(server)}.new`;
  await Bun.write(beside, text);
  await chmod(beside, 0o755);
  await rename(beside, ownBinary(server));
}

/** USR2 to `master`. Resolves when the new master has the server. */
export async function handOver(server: ServerProcess, master = server.pid): Promise<Handover> {
  const after = server.logs.mark();
  process.kill(master, "SIGUSR2");
  const line = await server.waitForLog(/Handed over to|Handover failed|refused|ignored/, { after });
  const pid = Number(HANDED_OVER.exec(line)?.[1]);
  if (Number.isNaN(pid)) throw new Error(`no handover:\n${server.logs.text()}`);
  return { pid, after };
}

/** A USR2 that should fail: the log from the signal to the fixed last line. */
export async function handOverThatFails(server: ServerProcess): Promise<string[]> {
  const after = server.logs.mark();
  server.signal("SIGUSR2");
  const last = await server.waitForLog(/Handover failed|Handed over to/, { after });
  const lines = server.logs.messages(after);
  return lines.slice(0, lines.indexOf(last) + 1);
}

/** Whether a process runs the file that now has the name of the server's executable. */
export function runsFileOnDisk(server: ServerProcess, pid: number): boolean {
  const running = statSync(`/proc/${pid}/exe`);
  const named = statSync(ownBinary(server));
  const isDeleted = readlinkSync(`/proc/${pid}/exe`).endsWith(" (deleted)");
  return running.ino === named.ino && running.dev === named.dev && !isDeleted;
}
