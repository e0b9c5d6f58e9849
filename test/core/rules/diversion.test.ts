// A stop where the kernel lets nobody drop new handshakes at a listener.

import { describe, expect, test } from "bun:test";
import { LINGER_MS } from "../../../src/core/settings.ts";
import { ADDRESS, END, OTHER_ADDRESS, type Scenario, serving, START } from "../scenario.ts";

/** The kernel refuses to have these workers' listeners drop handshakes. */
function refuse(server: Scenario, ...workers: readonly number[]): Scenario {
  for (const worker of workers) {
    const effect = { type: "quiet-listener", worker, address: ADDRESS } as const;
    server.send({ type: "effect-failed", effect, reason: "EPERM" });
  }
  return server;
}

const diverts = (server: Scenario): object[] => server.takeOnly("divert");

describe("at a stop a group is diverted", () => {
  test("once, when the last listener that was to drop new handshakes does not", () => {
    const server = serving().stop("graceful");
    server.take();
    expect(refuse(server, 0, 1).take()).toEqual([
      { type: "divert", address: ADDRESS, listeners: 2 },
    ]);
  });

  test("when one of several takes new connections still", () => {
    const server = refuse(serving().stop("graceful"), 1);
    expect(diverts(server)).toHaveLength(1);
  });

  test("and its listeners are closed under the program of the diversion", () => {
    const server = refuse(serving().stop("graceful"), 0, 1).obey(...END);
    expect(
      server
        .pass(LINGER_MS)
        .obey(...END)
        .takeOnly("close-listener"),
    ).toMatchObject([
      { worker: 0, during: undefined, after: undefined, keepsProgram: true },
      { worker: 1, during: undefined, after: undefined, keepsProgram: true },
    ]);
  });

  test("and what has come by then is served before a listener is released", () => {
    const server = serving().stop("graceful");
    server.nowMs += LINGER_MS - 1;
    refuse(server, 0, 1);
    server.take();
    expect(server.pass(LINGER_MS - 1).takeOnly("release-listener")).toEqual([]);
    expect(server.pass(1).takeOnly("release-listener")).toHaveLength(2);
  });

  test("after a bind that is under way", () => {
    const server = serving().scale(1).obey("spawn").stop("graceful");
    expect(server.state.bindLock).toMatchObject({ worker: 2 });
    server.take();
    expect(diverts(refuse(server, 0, 1))).toEqual([]);
    server.send({ type: "worker-bound", worker: 2, addresses: [ADDRESS] });
    expect(diverts(server)).toEqual([{ type: "divert", address: ADDRESS, listeners: 3 }]);
  });

  test("not while a listener in it takes new connections", () => {
    const server = serving({ shutdownDelayMs: 5000 }).stop("graceful");
    expect(diverts(refuse(server, 0, 1))).toEqual([]);
  });

  test("while the server keeps serving at another address", () => {
    const server = serving({ shutdownDelayMs: 5000 });
    server.addresses = [OTHER_ADDRESS];
    refuse(server.reload().obey(...START), 0, 1);
    expect(diverts(server)).toEqual([]);
    server.stop("graceful");
    expect(diverts(server)).toEqual([{ type: "divert", address: ADDRESS, listeners: 2 }]);
  });

  test("not where the kernel takes no programs", () => {
    const server = serving().send({ type: "steering-refused", reason: "EPERM" });
    expect(diverts(refuse(server.stop("graceful"), 0, 1))).toEqual([]);
  });
});

test("a diversion that fails is not tried again, and no program is left in force", () => {
  const server = refuse(serving().stop("graceful"), 0, 1);
  const [effect] = server.takeOnly("divert");
  if (effect === undefined) throw new Error("nothing was diverted");
  server.send({ type: "effect-failed", effect, reason: "EMFILE" });
  expect(server.take()).toEqual([{ type: "steer", address: ADDRESS, program: undefined }]);
  server.pass(LINGER_MS).obey(...END);
  expect(diverts(server)).toEqual([]);
  expect(server.state.exited).toBe(true);
});
