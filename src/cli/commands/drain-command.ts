// `pounce drain`: a preStop that needs no shell.
import { parseDuration } from "../../config/schema/duration.ts";
import { formatDuration } from "../../core/duration.ts";
import { showValue } from "../../config/schema/setting.ts";
import { LONGEST_DRAIN_MS } from "../../core/settings.ts";
import { makeCommand } from "../command.ts";
import {
  askServer,
  CONTROL_FLAGS,
  CONTROL_NOTES,
  tellRefusal,
  tellResult,
  tellWhyNot,
} from "../control.ts";
import { EXIT_CODE } from "../../exit-codes.ts";

const DEFAULT = "35s";

export const drainCommand = makeCommand({
  name: "drain",
  does: [
    "Has the health check answer 503 while everything is served on, and returns",
    "after a time: what a load balancer needs to look elsewhere before a stop.",
  ],
  flags: [
    {
      name: "for",
      placeholder: "TIME",
      expected: "a time",
      meaning: "how long, at most 1h",
      defaultText: DEFAULT,
    },
    ...CONTROL_FLAGS,
  ],
  notes: CONTROL_NOTES,
  examples: ["pounce drain --for 10s --config pounce.toml"],
  async run(given) {
    const text = given.flags.get("for")?.[0] ?? DEFAULT;
    const forMs = parseDuration(text);
    if (forMs === undefined || forMs <= 0 || forMs > LONGEST_DRAIN_MS) {
      const expected = "a time such as 35s or 2m, more than 0 and at most 1h";
      const message = `--for: expected ${expected}, got ${showValue(text)}`;
      return tellWhyNot(given, { code: "usage", exit: EXIT_CODE.usage, message }, "drain");
    }
    const asked = await askServer(given, "POST", `/drain?for_ms=${forMs}`);
    if (!asked.ok) return tellWhyNot(given, asked.failure);
    if (asked.status !== 200) return tellRefusal(given, asked);
    const line = `Drained: health answered 503 for ${formatDuration(forMs)}, all was served on`;
    return tellResult(given, asked.body, line);
  },
});
