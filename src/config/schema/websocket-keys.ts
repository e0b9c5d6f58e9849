// The keys of `[websocket]`, and their types.
import * as v from "valibot";
import { oneOf } from "./choice-type.ts";
import { key } from "./key.ts";

export const WEBSOCKET_KEYS = v.optional(
  v.strictObject({
    publish: key(oneOf(["worker", "server"]), {
      meaning: "whose WebSockets get what is published: the worker's, or those of all workers",
      defaultValue: "worker",
    }),
  }),
  {},
);
