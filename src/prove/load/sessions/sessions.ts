// What the clients of each mode do.
import type { Session } from "../client.ts";
import type { Mode } from "../plan.ts";
import { connection, keepAlive, silent, slowDownload, slowHead, thinking } from "./getting.ts";
import { h2, h2Connection, h2Post, h2Thinking } from "./h2.ts";
import { h2Sse } from "./h2-streaming.ts";
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
  h2,
  "h2-connection": h2Connection,
  "h2-thinking": h2Thinking,
  "h2-post": h2Post,
  "h2-sse": h2Sse,
};
