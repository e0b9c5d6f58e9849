// Why the system refused a file operation, for a message that already names the file.
import { explain } from "./shortage.ts";

/** The call and its arguments at the end of a system's message: mostly a name that only we know. */
const CALL = /, [a-z0-9_]+ '.*'(?=$|, )/s;

/** The system's words without its call, with what to do about it: `EACCES: permission denied`. */
export function refusal(error: unknown): string {
  return explain(error).replace(CALL, "");
}
