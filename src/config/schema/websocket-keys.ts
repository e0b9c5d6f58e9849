// The keys of `[websocket]`: what becomes of WebSockets, and of what they publish.
import * as v from "valibot";
import { SERVICE_RESTART } from "../../core/farewell.ts";
import { redisPlace } from "../../net/redis-url.ts";
import { oneOf } from "./choice-type.ts";
import { inJsonSchema } from "./json-hints.ts";
import { key } from "./key.ts";
import { type ValueType, wholeNumber } from "./value-types.ts";

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

const REDIS_PATTERN =
  /^(redis|rediss|redis\+tls|redis\+unix|redis\+tls\+unix|valkey|valkeys):\/\/./;

/** Whom what is published reaches. */
function reach() {
  const redis = v.pipe(
    v.string(),
    v.check((text) => redisPlace(text) !== undefined),
    inJsonSchema({ pattern: REDIS_PATTERN.source }),
  );
  const schema = v.union([v.picklist(["worker", "server"]), redis]);
  return {
    schema,
    expected: '"worker", "server", or a URL such as "redis://127.0.0.1:6379?channel=app"',
    placeholder: "WHOM",
    fromText: String,
  } satisfies ValueType<typeof schema>;
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
    publish: key(reach(), {
      meaning:
        "whose WebSockets get what is published: the worker's, those of all workers, or those of " +
        "all servers that name that Redis",
      defaultValue: "worker",
    }),
  }),
  {},
);
