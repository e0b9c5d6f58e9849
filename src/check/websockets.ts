// What `pounce check` says about `websocket.publish`: whose WebSockets get what an app publishes.
import type { Config } from "../config/config.ts";
import { fine, type Finding } from "./finding.ts";

const NAME = "websocket.publish";

export function webSocketFindings({
  websocket,
  workers,
}: Pick<Config, "websocket" | "workers">): Finding[] {
  if (websocket.publish === undefined) return [];
  const whose = workers === 1 ? "those of its one worker" : `those of all ${workers} workers`;
  return [fine(NAME, `what is published reaches WebSockets of this server: ${whose}`)];
}
