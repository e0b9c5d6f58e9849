// What becomes of WebSockets: the settings of `[websocket]`.
import type * as v from "valibot";
import { SERVICE_RESTART } from "../core/farewell.ts";
import type { WebSocketSettings } from "../core/settings.ts";
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
