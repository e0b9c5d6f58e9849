// What the clients of each mode do.
import type { Session } from "../client.ts";
import type { Mode } from "../plan.ts";
import { connection, keepAlive, silent, thinking } from "./get-sessions.ts";

export const SESSIONS: Partial<Record<Mode, Session>> = {
  connection,
  "keep-alive": keepAlive,
  thinking,
  silent,
};
