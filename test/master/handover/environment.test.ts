// The environment that a successor is started with.
import { expect, test } from "bun:test";
import { environmentOfSuccessor } from "../../../src/master/handover/environment.ts";

test("a successor is told what it is, and the watchdog's process id is not for it", () => {
  const env = { NOTIFY_SOCKET: "@a", WATCHDOG_USEC: "1", WATCHDOG_PID: "7", PATH: "/bin" };
  expect(environmentOfSuccessor(env)).toEqual({
    NOTIFY_SOCKET: "@a",
    WATCHDOG_USEC: "1",
    WATCHDOG_PID: undefined,
    PATH: "/bin",
    POUNCE_TAKEOVER: "1",
  });
});
