// Why the system refused something to do with a file that a message names already.
import { explain } from "./shortage.ts";

/** The call and what it was given, which ends a system's message: a name of our own, most often. */
const CALL = /, [a-z0-9_]+ '.*'(?=$|, )/s;

/** The system's words without its call, with what to do about it: `EACCES: permission denied`. */
export function refusal(error: unknown): string {
  return explain(error).replace(CALL, "");
}
