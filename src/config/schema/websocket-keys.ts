// The keys of `[websocket]`: what becomes of WebSockets.
import * as v from "valibot";
import { oneOf } from "./choice-type.ts";
import { key } from "./key.ts";

export const WEBSOCKET_KEYS = v.optional(
  v.strictObject({
    on_reload: key(oneOf(["close", "carry"]), {
      meaning: "at a reload, close them, or move them to the new version",
      defaultValue: "close",
    }),
  }),
  {},
);
