// Who this process runs as, for messages. Bun's `userInfo` says what the variable USER says.
import { here } from "../platform.ts";
import { findUser } from "./users.ts";

/** The name of this process's user, or its number if it has no name. */
export function ownUser(): string {
  const uid = String(process.geteuid?.());
  return (here.hasLibc ? findUser(uid)?.name : undefined) ?? uid;
}
