// `pounce drain`: a preStop that needs no shell.
import { parseDuration } from "../config/duration.ts";
import { showValue } from "../config/setting.ts";
import { LONGEST_DRAIN_MS } from "../core/settings.ts";
import { makeCommand } from "./command.ts";
import { askServer, CONTROL_FLAGS, refused } from "./control.ts";
import { EXIT_CODE } from "./exit-codes.ts";

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
  examples: ["pounce drain --for 10s --config pounce.toml"],
  async run(given) {
    const text = given.flags.get("for")?.[0] ?? DEFAULT;
    const forMs = parseDuration(text);
    if (forMs === undefined || forMs <= 0 || forMs > LONGEST_DRAIN_MS) {
      const expected = "a time such as 35s or 2m, more than 0 and at most 1h";
      process.stderr.write(`pounce drain: --for: expected ${expected}, got ${showValue(text)}\n`);
      return EXIT_CODE.usage;
    }
    const reply = await askServer(given, "POST", `/drain?for_ms=${forMs}`);
    if (reply.kind === "none") return reply.code;
    return reply.status === 200 ? EXIT_CODE.ok : refused(reply);
  },
});
