// How a draining worker closes its WebSockets: with which code, and over which time.
//
// Most clients connect again as soon as they are closed. If all did so in the same moment, the
// workers that take over would have all handshakes at once, and all that apps do at the start of a
// session: so they are closed one after another. Where nobody serves them on, that helps nobody.
import type { DrainOrder } from "./effects.ts";

/** "Service Restart", of the registry of RFC 6455: the client may connect again. */
export const SERVICE_RESTART = 1012;
/** "Going Away": the server stops. */
export const GOING_AWAY = 1001;

/** What a client gets in the close frame. */
export interface CloseFrame {
  readonly code: number;
  readonly reason: string;
}

/** What clients hear whose server is replaced. */
export function restartFrame(code = SERVICE_RESTART): CloseFrame {
  return { code, reason: "Service Restart" };
}

export interface Farewell {
  readonly frame: CloseFrame;
  /** One after another. */
  readonly isPaced: boolean;
}

/** @param closeCode `websocket.close_code` */
export function farewellFor(
  { reason, closeIdle, webSockets }: Pick<DrainOrder, "reason" | "closeIdle" | "webSockets">,
  closeCode: number,
): Farewell {
  const how = webSockets ?? (reason === "stop" ? "stop" : closeIdle ? "at-once" : "paced");
  const isStop = how === "stop";
  const frame = isStop ? { code: GOING_AWAY, reason: "Going Away" } : restartFrame(closeCode);
  return { frame, isPaced: how === "paced" };
}

/** As long as a worker needs for the handshakes of some dozens, with what the app does at each. */
const EACH_MS = 10;
/** What is left of the time is for clients that are slow to take what was sent to them. */
const PART_OF_TIMEOUT = 3;

/** The time over which so many WebSockets are closed. @param timeoutMs of the drain */
export function farewellMs(webSockets: number, timeoutMs: number): number {
  return Math.min(timeoutMs / PART_OF_TIMEOUT, webSockets * EACH_MS);
}
