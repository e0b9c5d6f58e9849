// The keys of `[log]`.
import * as v from "valibot";
import { ACCESS_FORMATS, LOG_FORMATS, LOG_LEVELS } from "../../log/settings.ts";
import { accessTarget, pathPatternList } from "./access-types.ts";
import { oneOf } from "./choice-type.ts";
import { key } from "./key.ts";
import { onOff } from "./switch-type.ts";
import { filePath } from "./value-types.ts";

export const LOG_KEYS = v.optional(
  v.strictObject({
    level: key(oneOf(LOG_LEVELS), {
      meaning: "minimum level to log",
      defaultValue: "info",
    }),
    format: key(oneOf(LOG_FORMATS), {
      meaning: "lines for people, or one JSON object per line",
      defaultValue: "text",
    }),
    file: key(filePath(), {
      meaning: "file to log to; USR1 reopens it",
      unset: "stdout, stderr",
    }),
    access: key(accessTarget(), {
      meaning: "where to log requests",
      defaultValue: "off",
    }),
    access_format: key(oneOf(ACCESS_FORMATS), {
      meaning: "how to log a request",
      defaultValue: "common",
    }),
    access_exclude: key(pathPatternList(), {
      meaning: "paths whose requests are not logged",
      unset: "none",
    }),
    capture: key(onOff(), {
      meaning: "also log what the workers print",
      defaultValue: false,
    }),
  }),
  {},
);
