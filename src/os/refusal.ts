// Why the system refused a file operation, for a message that already names the file.
import { existsSync } from "node:fs";
import { dirname } from "node:path";
import { codeOf, explain } from "./shortage.ts";

/** The call and its arguments at the end of a system's message: mostly a name that only we know. */
const CALL = /, [a-z0-9_]+ '.*'(?=$|, )/s;

/**
 * The system's words without its call, with what to do about it: `EACCES: permission denied`.
 * @param created the file, if it would have been created
 */
export function refusal(error: unknown, created?: string): string {
  const words = explain(error).replace(CALL, "");
  const folder = created === undefined ? undefined : dirname(created);
  const isMissing = folder !== undefined && codeOf(error) === "ENOENT" && !existsSync(folder);
  return isMissing ? `${words}; create the folder ${folder}` : words;
}

/** An error as of the system's, in words of our own: it is told without a stack. */
export function refused(why: string, code: "EPERM" | "EADDRINUSE"): Error {
  return Object.assign(new Error(why), { code });
}
