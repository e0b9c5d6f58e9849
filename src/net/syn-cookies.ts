// Whether the kernel still completes handshakes when a listener's queue of unfinished ones is full.
import { readFileSync } from "node:fs";

const SETTING = "/proc/sys/net/ipv4/tcp_syncookies";

/**
 * Without SYN cookies a full queue drops what comes, so that a few hundred silent clients a second
 * would keep everybody out of a listener that defers accept: there they wait in that queue.
 * @param setting the kernel's file
 */
export function hasSynCookies(setting = SETTING): boolean {
  try {
    return Number(readFileSync(setting, "utf8")) > 0;
  } catch {
    return false; // The kernel was built without them, or does not tell.
  }
}
