// One bind at a time, and no close meanwhile: the order of the kernel's array stays known.

import { describe, expect, test } from "bun:test";
import { ADDRESS, serving } from "./scenario.ts";

/** A reload in which worker 2 has been told to bind, and worker 3 waits. */
function binding() {
  const server = serving().reload().obey("load-config", "spawn");
  server.take();
  return server;
}

describe("while a worker binds", () => {
  test("no other one is told to", () => {
    const server = binding();
    expect(server.phases).toBe("0:ready 1:ready 2:binding 3:binding");
    expect(server.state.bindLock?.worker).toBe(2);
    server.send({ type: "tick" });
    expect(server.take()).toEqual([]);
  });

  test("the listener of one that crashes stays, with a program that leaves it out", () => {
    const server = binding().crash(0);
    const effects = server.take();
    expect(effects.map(({ type }) => type)).not.toContain("close-listener");
    expect(effects).toContainEqual({ type: "steer", address: ADDRESS, program: [1] });
    expect(server.phases).toStartWith("0:exited");
  });

  test("a close that had to wait is made before the next bind", () => {
    const server = binding().crash(0);
    server.take();
    server.send({ type: "worker-bound", worker: 2, addresses: [ADDRESS] });
    const types = server.take().map(({ type }) => type);
    expect(types).toEqual(["close-listener", "bind"]);
    expect(server.state.groups.get(ADDRESS)?.members).toEqual([2, 1]);
  });
});

describe("the bind lock", () => {
  test("passes on when its holder has bound", () => {
    const server = binding().send({ type: "worker-bound", worker: 2, addresses: [ADDRESS] });
    expect(server.takeOnly("bind")).toEqual([{ type: "bind", worker: 3 }]);
  });

  test("stays with a holder that fails until it has ended, as it may listen already", () => {
    const server = serving().crash(0).obey("spawn");
    server.send({ type: "worker-failed", worker: 2, reason: "address in use" });
    expect(server.state.bindLock?.worker).toBe(2);
    server.send({ type: "worker-exited", worker: 2, how: "exit code 1" });
    expect(server.state.bindLock).toBeUndefined();
  });

  test("is not kept by a holder that drains, has never served, and cannot be believed", () => {
    const server = binding();
    server.send({ type: "worker-failed", worker: 3, reason: "its app failed" });
    expect(server.phases).toContain("2:draining");
    server.take();
    server.send({ type: "worker-bound", worker: 2, addresses: [] });
    expect(server.takeOnly("stop")).toEqual([{ type: "stop", worker: 2 }]);
    server.send({ type: "worker-exited", worker: 2, how: "exit code 0" });
    expect(server.state.bindLock).toBeUndefined();
  });

  test("passes on when its holder dies", () => {
    const server = serving().crash(0).crash(1).obey("spawn");
    expect(server.state.bindLock?.worker).toBe(2);
    server.pass(500).obey("spawn").take();
    server.crash(2);
    expect(server.takeOnly("bind")).toEqual([{ type: "bind", worker: 3 }]);
  });

  test("is not kept for long by a holder that was retired and then fails", () => {
    const server = binding().crash(3);
    server.take();
    server.send({ type: "worker-failed", worker: 2, reason: "address in use" });
    expect(server.take()).toEqual([{ type: "stop", worker: 2 }]);
    server.pass(1000);
    expect(server.takeOnly("kill")).toEqual([{ type: "kill", worker: 2 }]);
    server.obey("kill");
    expect(server.state.bindLock).toBeUndefined();
  });

  test("is taken by a kill from a holder that hangs, and that rejects the reload", () => {
    const server = binding().pass(4999);
    expect(server.take()).toEqual([]);
    server.pass(1);
    expect(server.takeLog()).toEqual([
      "[ERROR] Worker 2 (generation 1) did not finish binding in time — killed",
      "[ERROR] Reload failed — continuing with previous version",
    ]);
    server.obey("kill");
    expect(server.state.bindLock).toBeUndefined();
  });

  test("is taken by repeated kills from a holder that was retired and hangs", () => {
    const server = binding().crash(3);
    server.take();
    expect(server.phases).toBe("0:ready 1:ready 2:draining 3:exited");
    server.pass(5000);
    expect(server.takeOnly("kill")).toEqual([{ type: "kill", worker: 2 }]);
    server.pass(1000);
    expect(server.takeOnly("kill").length).toBeGreaterThanOrEqual(1);
    server.obey("kill");
    expect(server.phases).toBe("0:ready 1:ready");
  });

  test("is not needed by a worker that has been retired before its turn", () => {
    const server = binding().crash(2);
    expect(server.takeOnly("bind")).toEqual([]);
    expect(server.phases).toBe("0:ready 1:ready 3:draining");
  });
});

test("a listener that comes from a worker already given up is closed when that has ended", () => {
  const server = binding().crash(3);
  server.take();
  server.send({ type: "worker-bound", worker: 2, addresses: [ADDRESS] });
  expect(server.state.groups.get(ADDRESS)).toEqual({ members: [0, 1, 2], program: [0, 1] });
  server.obey("drain", "stop");
  expect(server.state.groups.get(ADDRESS)).toEqual({ members: [0, 1], program: undefined });
});
