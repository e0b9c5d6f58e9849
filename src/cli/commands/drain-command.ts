// `pounce drain`: a preStop that needs no shell.
import { parseDuration } from "../../config/schema/duration.ts";
import { formatDuration } from "../../core/duration.ts";
import { showValue } from "../../config/schema/setting.ts";
import { LONGEST_DRAIN_MS } from "../../core/settings.ts";
import { CONTROL_ARGS, CONTROL_NOTES, tellAnswer } from "../control.ts";
import { defineCommand } from "../define.ts";
import { usage } from "../failure.ts";

export const drainCommand = defineCommand({
  meta: {
    name: "drain",
    description: "answer health checks with 503 for a time, still serving",
    help: [
      "Answers health checks with 503 for a time, while all else is served as usual.",
      "Before a stop, it gives load balancers time to send clients elsewhere.",
    ],
    notes: CONTROL_NOTES,
    examples: ["pounce drain --for 10s --config pounce.toml"],
  },
  args: {
    for: {
      type: "string",
      valueHint: "TIME",
      expected: "a time",
      description: "how long, at most 1h",
      default: "35s",
    },
    ...CONTROL_ARGS,
  },
  async run({ args }) {
    const forMs = parseDuration(args.for);
    if (forMs === undefined || forMs <= 0 || forMs > LONGEST_DRAIN_MS) {
      const expected = "a time such as 35s or 2m, more than 0 and at most 1h";
      return usage(`--for: expected ${expected}, got ${showValue(args.for)}`);
    }
    const time = formatDuration(forMs);
    return tellAnswer(args, "POST", `/drain?for_ms=${forMs}`, ({ health_check_path: path }) =>
      path === null
        ? `Waited ${time}, but no health check got 503: health_check_path is not set`
        : `Drained: health checks got 503 for ${time}, all else was served`,
    );
  },
});
