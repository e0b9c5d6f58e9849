// Which messages of a worker are taken for ones, and which are not.
import { expect, test } from "bun:test";
import { readFromWorker, readToWorker } from "../../src/ipc/read-message.ts";

test.each([
  [{ type: "started" }, true],
  [{ type: "loaded", file: "/app.ts", shape: "a function", notes: ["a"] }, true],
  [{ type: "loaded", file: "/app.ts", shape: "a function", notes: [1] }, false],
  [{ type: "loaded", file: "/app.ts", shape: "a function", notes: [], remarks: ["a"] }, true],
  [{ type: "loaded", file: "/app.ts", shape: "a function", notes: [], remarks: [1] }, false],
  [{ type: "loaded" }, false],
  [{ type: "bound", addresses: [{ host: "::1", port: 1 }] }, true],
  [{ type: "bound", addresses: ["::1"] }, false],
  [{ type: "failed", reason: "no" }, true],
  [{ type: "failed" }, false],
  [{ type: "released", address: "127.0.0.1:1" }, true],
  [{ type: "log", entry: { level: "error", event: "app-threw", message: "no" } }, true],
  [{ type: "log", entry: { level: "loud", event: "app-threw", message: "no" } }, false],
  [{ type: "log", entry: { level: "error", event: 1, message: "no" } }, false],
  [{ type: "log" }, false],
  [{ type: "toString" }, false],
  [{ type: "load" }, false],
  ["started", false],
  [null, false],
  [undefined, false],
])("what a worker may say: %j → %p", (value, accepted) => {
  expect(readFromWorker(value) !== undefined).toBe(accepted);
});

test.each([
  [{ type: "stop" }, true],
  [{ type: "reopen-log" }, true],
  [{ type: "started" }, false],
  [7, false],
  [null, false],
])("what the master may say: %j → %p", (value, accepted) => {
  expect(readToWorker(value) !== undefined).toBe(accepted);
});
