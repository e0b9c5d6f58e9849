// Users for tests of privileges: root can become anybody, others cannot try.

/** A user that every Linux has. */
export const NOBODY = "nobody";
export const NOBODY_UID = 65_534;

const isRoot = process.getuid?.() === 0;

/** Whether tests that only root can run should be skipped. Says so on stderr. */
export function isNotRoot(): boolean {
  if (isRoot) return false;
  console.error("SKIPPED, not possible here: only root can change the user of a process");
  return true;
}

/** A command as it would be by somebody who is not root. */
export function withoutRoot(command: readonly string[]): string[] {
  if (!isRoot) return [...command];
  const id = String(NOBODY_UID);
  return ["setpriv", `--reuid=${id}`, `--regid=${id}`, "--clear-groups", ...command];
}
