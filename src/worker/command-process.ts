// The first life of a process that is to be a command of the operator's (`rollout.verify`): it
// becomes the workers' user and takes back what this program has changed of signals. Then it is the
// command, which has no more of us than its order says. It ends with the master, whatever happens.
import { accessSync, constants, existsSync, readFileSync } from "node:fs";
import type { CommandOrder } from "../ipc/command-order.ts";
import { BECOME_VARIABLE } from "../os/become.ts";
import { PR_SET_PDEATHSIG } from "../os/constants.ts";
import { enterAs } from "../os/enter.ts";
import { replaceProcess } from "../os/exec.ts";
import { checked, libc } from "../os/libc.ts";
import { ownUser } from "../os/own-user.ts";
import { becomeUser } from "../os/privileges.ts";
import { codeOf, explain } from "../os/shortage.ts";

const SIGKILL = 9n;
/** A bit for each signal, in hexadecimal, see proc(5). */
const IGNORED = /^SigIgn:\s*([0-9a-f]+)$/m;

/** Becomes the command; returns only if that has failed, with the reason. @param order as JSON */
export function becomeCommand(order: string): string {
  const { identity, folder, variables, file, args, master } = JSON.parse(order) as CommandOrder;
  try {
    if (identity !== undefined) becomeUser(identity);
    const name = identity?.name ?? ownUser();
    enterAs(folder, name);
    accessSync(file, constants.X_OK);
    const { getppid, prctl, signal } = libc();
    // What is ignored would stay so in the next program.
    for (const number of ignoredSignals()) signal(number, null);
    // After the change of user, which would undo it.
    checked("prctl", prctl(PR_SET_PDEATHSIG, SIGKILL, 0n, 0n, 0n));
    if (getppid() !== master) return "the master has ended";
    return replaceProcess(file, [file, ...args], { ...variables, [BECOME_VARIABLE]: undefined });
  } catch (error) {
    const code = codeOf(error);
    if (code === "ENOEXEC") return `${file} is no program: its first line must be as in #!/bin/sh`;
    if (code === "ENOENT" && existsSync(file)) {
      return `${file} could not be started: the program that its first line names does not exist`;
    }
    const who = identity === undefined ? "" : ` as user ${identity.name}`;
    return `${file} could not be started${who}: ${explain(error)}`;
  }
}

function ignoredSignals(): number[] {
  const bits = BigInt(`0x${IGNORED.exec(readFileSync("/proc/self/status", "latin1"))?.[1] ?? "0"}`);
  return Array.from({ length: 64 }, (_, index) => index + 1).filter(
    (number) => ((bits >> BigInt(number - 1)) & 1n) === 1n,
  );
}
