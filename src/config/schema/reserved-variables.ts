// The variables that no worker gets. They stand apart from the schema because a start needs them
// before that is loaded.
import { LAUNCHER_VARIABLE } from "../../launcher.ts";
import { BECOME_VARIABLE } from "../../os/become.ts";

/**
 * Variables that decide how the executable itself behaves, or that a supervisor means for the
 * master alone. No worker gets them, and no configuration can set them.
 */
export const RESERVED_VARIABLES: readonly string[] = [
  "BUN_OPTIONS",
  "BUN_BE_BUN",
  "BUN_INSPECT",
  "BUN_INSPECT_CONNECT_TO",
  "BUN_INSPECT_NOTIFY",
  "BUN_INSPECT_PRELOAD",
  "LISTEN_FDNAMES",
  "LISTEN_FDS",
  "LISTEN_PID",
  "NODE_CHANNEL_FD",
  "NODE_CHANNEL_SERIALIZATION_MODE",
  "NOTIFY_SOCKET",
  BECOME_VARIABLE,
  LAUNCHER_VARIABLE,
  "WATCHDOG_PID",
  "WATCHDOG_USEC",
];
