// The keys of `[websocket]`: what becomes of WebSockets, and of what they publish.
import * as v from "valibot";
import { SERVICE_RESTART } from "../../core/farewell.ts";
import { oneOf } from "./choice-type.ts";
import { key } from "./key.ts";
import { wholeNumber } from "./value-types.ts";

/** Those of RFC 6455 and its registry that a server may send when it sends a client away. */
const REGISTERED = [1000, 1001, 1008, 1011, 1012, 1013] as const;
/** For libraries and applications. */
const OWN = { min: 3000, max: 4999 } as const;

/** What a close frame says. */
function closeCode() {
  const own = wholeNumber(OWN.min, OWN.max);
  const expected = `${REGISTERED.join(", ")}, or ${own.expected}`;
  return { ...own, schema: v.union([v.picklist(REGISTERED), own.schema]), expected };
}

export const WEBSOCKET_KEYS = v.optional(
  v.strictObject({
    on_reload: key(oneOf(["close", "carry"]), {
      meaning: "at a reload, close them, or move them to the new version",
      defaultValue: "close",
    }),
    close_code: key(closeCode(), {
      meaning: "code with which they are closed at a reload",
      defaultValue: SERVICE_RESTART,
    }),
    publish: key(oneOf(["worker", "server"]), {
      meaning: "whose WebSockets get what is published: the worker's, or those of all workers",
      defaultValue: "worker",
    }),
  }),
  {},
);
