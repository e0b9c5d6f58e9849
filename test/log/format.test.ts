// Entries of the log as text and as JSON.
import { describe, expect, test } from "bun:test";
import { formatEntry, type LogEntry } from "../../src/log/format.ts";

const entry: LogEntry = {
  level: "info",
  event: "worker-idle",
  message: "Worker 0 (generation 0) is idle",
  fields: { worker: 0, generation: 0 },
  time: new Date(Date.UTC(2026, 0, 2, 3, 4, 5, 6)),
};

describe("an entry of the log", () => {
  test("is its level and message on a terminal", () => {
    expect(formatEntry(entry, "text", true)).toBe("[INFO] Worker 0 (generation 0) is idle\n");
  });

  test("has its time before it elsewhere", () => {
    expect(formatEntry(entry, "text", false)).toBe(
      "2026-01-02T03:04:05.006Z [INFO] Worker 0 (generation 0) is idle\n",
    );
  });

  test.each([true, false])("is one object on a line as JSON (on a terminal: %p)", (onTerminal) => {
    expect(formatEntry(entry, "json", onTerminal)).toBe(
      '{"time":"2026-01-02T03:04:05.006Z","level":"info","event":"worker-idle",' +
        '"msg":"Worker 0 (generation 0) is idle","worker":0,"generation":0}\n',
    );
  });

  test("stays on one line as JSON whatever its message is", () => {
    const message = 'app.ts:3:1\n\t"quoted" \u2028 \ud800 [ERROR]\r\n';
    const line = formatEntry({ ...entry, message }, "json", false);
    expect(line.indexOf("\n")).toBe(line.length - 1);
    expect(JSON.parse(line)).toMatchObject({ msg: message });
  });

  test("leaves out what it does not know", () => {
    const { fields, ...bare } = entry;
    expect(fields).toBeDefined();
    expect(Object.keys(JSON.parse(formatEntry(bare, "json", false)))).toEqual([
      "time",
      "level",
      "event",
      "msg",
    ]);
  });
});
