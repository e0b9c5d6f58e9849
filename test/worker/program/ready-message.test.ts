// Which files tell PM2 that they are ready, and so find a `process.send`.
import { expect, test } from "bun:test";
import { sendsReady } from "../../../src/worker/program/ready-message.ts";

test.each([
  'process.send("ready");',
  "process.send?.('ready')",
  "if (process.send) process.send(`ready`);",
  "(process.send as any)(\n  'ready',\n)",
  'process.send!("ready")',
  'process["send"]("ready")',
])("%j sends it", (text) => {
  expect(sendsReady(text)).toBeTrue();
});

test.each([
  'process.send({ type: "ready" })',
  'process.env.A; res.send("ready")',
  'process.send?.(message); const state = "ready";',
  "export default () => [typeof process.send, process.connected];",
])("%j does not", (text) => {
  expect(sendsReady(text)).toBeFalse();
});
