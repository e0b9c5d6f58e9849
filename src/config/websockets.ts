// What becomes of WebSockets: the settings of `[websocket]`.
import type * as v from "valibot";
import { SERVICE_RESTART } from "../core/farewell.ts";
import type { WebSocketSettings } from "../core/settings.ts";
import type { Config } from "./config.ts";
import type { CONFIG_SCHEMA } from "./schema/schema.ts";

/** Without what is as Bun has it anyway. */
export function webSocketsOf({
  on_reload: onReload,
  close_code: closeCode,
  publish,
}: v.InferOutput<typeof CONFIG_SCHEMA>["websocket"]): WebSocketSettings {
  return {
    ...(onReload === "carry" && { onReload }),
    ...(closeCode !== SERVICE_RESTART && { closeCode }),
    ...(publish !== "worker" && { publish }),
  };
}

/** Why no WebSocket could move to a new version, in words; undefined: they can. */
export function carryObstacle({ tls, uds }: Pick<Config, "tls" | "uds">): string | undefined {
  if (tls !== undefined) {
    return "no other process gets the state that Bun has of a TLS connection: let a proxy speak it";
  }
  if (uds !== undefined) return "on a Unix socket nobody can tell which connection is whose";
  return undefined;
}
