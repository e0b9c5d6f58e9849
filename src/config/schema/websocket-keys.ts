// The keys of `[websocket]`: what becomes of WebSockets, and of what they publish.
import * as v from "valibot";
import { oneOf } from "./choice-type.ts";
import { key } from "./key.ts";

export const WEBSOCKET_KEYS = v.optional(
  v.strictObject({
    on_reload: key(oneOf(["close", "carry"]), {
      meaning: "at a reload, close them, or move them to the new version",
      defaultValue: "close",
    }),
    publish: key(oneOf(["worker", "server"]), {
      meaning: "whose WebSockets get what is published: the worker's, or those of all workers",
      defaultValue: "worker",
    }),
  }),
  {},
);
