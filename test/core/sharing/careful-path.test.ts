// Where the kernel refuses steering: listeners are made quiet, linger, and are released one by one.

import { describe, expect, test } from "bun:test";
import { LINGER_MS, QUIET_MS } from "../../../src/core/settings.ts";
import { ADDRESS, END, Scenario, serving, START, steered } from "../scenario.ts";

const REFUSED = { type: "steering-refused", reason: "EPERM" } as const;

function unsteered() {
  const server = new Scenario().send(REFUSED).send({ type: "tick" });
  server
    .obey(...START)
    .pass(LINGER_MS)
    .take();
  return server;
}

describe("with steering refused", () => {
  test("the log says so once", () => {
    const server = new Scenario().send(REFUSED).send(REFUSED);
    const lines = server.takeLog().filter((line) => line.includes("refuses"));
    expect(lines).toHaveLength(1);
    expect(lines[0]).toStartWith("[WARN] The kernel refuses steering (EPERM)");
  });

  test("nothing is ever steered", () => {
    const server = unsteered()
      .reload()
      .obey(...START, ...END);
    const effects = server.take();
    expect(effects.map(({ type }) => type)).not.toContain("steer");
    expect(server.state.groups.get(ADDRESS)).toEqual({ members: [3, 2], program: undefined });
  });

  test("a reload makes the old listeners quiet, and releases them after the linger", () => {
    const server = unsteered()
      .reload()
      .obey(...START);
    expect(server.takeOnly("quiet-listener")).toEqual([
      { type: "quiet-listener", worker: 0, address: ADDRESS },
      { type: "quiet-listener", worker: 1, address: ADDRESS },
    ]);
    server.pass(QUIET_MS);
    expect(server.takeOnly("release-listener")).toEqual([
      { type: "release-listener", worker: 0, address: ADDRESS },
      { type: "release-listener", worker: 1, address: ADDRESS },
    ]);
    server.obey("release-listener");
    expect(server.takeOnly("close-listener")).toMatchObject([
      { worker: 0, during: undefined, after: undefined },
      { worker: 1, during: undefined, after: undefined },
    ]);
    expect(server.phases).toBe("0:draining 1:draining 2:ready 3:ready");
  });

  test("scaling to fewer makes the surplus listener quiet", () => {
    const server = unsteered().scale(-1);
    expect(server.takeOnly("quiet-listener")).toEqual([
      { type: "quiet-listener", worker: 1, address: ADDRESS },
    ]);
  });
});

describe("steering that is refused in the middle of a reload", () => {
  test("takes the program in force off, and makes the draining listeners quiet", () => {
    const server = steered();
    server.take();
    server.send(REFUSED);
    const effects = server.take().filter(({ type }) => type !== "log");
    expect(effects).toEqual([
      { type: "steer", address: ADDRESS, program: undefined },
      { type: "quiet-listener", worker: 0, address: ADDRESS },
      { type: "quiet-listener", worker: 1, address: ADDRESS },
    ]);
  });

  test("leaves the listeners time for silent connections, which they deferred until then", () => {
    const server = steered().pass(100).send(REFUSED);
    server.pass(LINGER_MS - 1);
    expect(server.takeOnly("release-listener")).toEqual([]);
    server.pass(1);
    expect(server.takeOnly("release-listener")).toHaveLength(2);
  });

  test("leaves listeners that become quiet later the time of the careful path", () => {
    const server = serving().send(REFUSED);
    server.pass(LINGER_MS - QUIET_MS).scale(-1);
    server.pass(QUIET_MS - 1);
    expect(server.takeOnly("release-listener")).toEqual([]);
    server.pass(1);
    expect(server.takeOnly("release-listener")).toHaveLength(1);
  });

  test("lets the reload complete", () => {
    const server = serving().reload().obey("load-config", "spawn").send(REFUSED);
    server.obey(...START, ...END);
    expect(server.phases).toBe("2:ready 3:ready");
    expect(server.takeOnly("reload-ended")).toMatchObject([{ outcome: "completed" }]);
  });
});
