// What the clients of each mode do.
import type { Session } from "../client.ts";
import type { Mode } from "../plan.ts";
import { connection, keepAlive, silent, slowDownload, slowHead, thinking } from "./getting.ts";
import { post, slowUpload } from "./posting.ts";
import { sse } from "./streaming.ts";
import { websocket } from "./websocket.ts";

export const SESSIONS: Readonly<Record<Mode, Session>> = {
  connection,
  "keep-alive": keepAlive,
  thinking,
  silent,
  "slow-head": slowHead,
  post,
  "slow-upload": slowUpload,
  "slow-download": slowDownload,
  sse,
  websocket,
};
