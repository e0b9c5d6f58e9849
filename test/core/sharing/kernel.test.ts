// Which listeners get new connections in the course of a reload.

import { describe, expect, test } from "bun:test";
import { ADDRESS, END, serving, START, steered } from "../scenario.ts";
import { PLAIN } from "../trials.ts";

const steerTo = (...program: readonly number[]) => ({ type: "steer", address: ADDRESS, program });

describe("a reload", () => {
  test("pins new connections to the old generation before the first bind", () => {
    const server = serving().reload().obey("load-config", "spawn");
    const effects = server.take().filter(({ type }) => type === "steer" || type === "bind");
    expect(effects).toEqual([steerTo(0, 1), { type: "bind", worker: 2 }] as typeof effects);
  });

  test("does not steer to a new worker before all of them are ready", () => {
    const server = serving().reload().obey("load-config", "spawn");
    server.take();
    server.send({ type: "worker-bound", worker: 2, addresses: [ADDRESS] });
    server.send({ type: "worker-ready", worker: 2 });
    server.send({ type: "worker-bound", worker: 3, addresses: [ADDRESS] });
    expect(server.takeOnly("steer")).toEqual([]);
    server.send({ type: "worker-ready", worker: 3 });
    expect(server.takeOnly("steer")).toEqual([steerTo(2, 3)] as never);
  });

  test("steers to the new generation before it drains the old one", () => {
    const server = steered();
    const types = server.take().map(({ type }) => type);
    expect(types.lastIndexOf("steer")).toBeLessThan(types.indexOf("drain"));
  });

  test("closes each old listener with a program that is valid before and after", () => {
    const server = steered();
    server.take();
    server.obey("drain", "stop");
    expect(server.takeOnly("close-listener")).toEqual([
      { type: "close-listener", worker: 0, address: ADDRESS, during: [2], after: [0, 2] },
      { type: "close-listener", worker: 1, address: ADDRESS, during: [0], after: undefined },
    ]);
  });

  test("ends with no program in force", () => {
    const server = serving()
      .reload()
      .obey(...START, ...END);
    expect(server.state.groups.get(ADDRESS)).toEqual({ members: [3, 2], program: undefined });
  });
});

const full = (worker: number, isFull = true) => ({ type: "worker-full", worker, isFull }) as const;

describe("a worker that is full", () => {
  test("gets no new connections as long as another has room, and gets its share again then", () => {
    const server = serving();
    server.take();
    server.send(full(0));
    expect(server.takeOnly("steer")).toEqual([steerTo(1)] as never);
    server.send(full(0, false));
    expect(server.takeOnly("steer")).toMatchObject([{ program: undefined }]);
  });

  test("gets them as any other if all are full: somebody has to refuse", () => {
    const server = serving();
    server.send(full(0));
    server.take();
    server.send(full(1));
    expect(server.takeOnly("steer")).toMatchObject([{ program: undefined }]);
    server.send(full(0, false));
    expect(server.takeOnly("steer")).toEqual([steerTo(0)] as never);
  });

  test("leaves the others alone in a reload, and its successors have room", () => {
    const server = serving();
    server.send(full(0));
    server.take();
    server.reload().obey(...START);
    expect(server.takeOnly("steer").at(-1)).toEqual(steerTo(2, 3) as never);
  });
});

/** Generations 0 and 1 drain, generation 2 serves; then both have drained. */
function drained() {
  const server = serving({ workers: 1 });
  server.reload().obey(...START);
  server.reload().obey(...START);
  server.take();
  return server.obey("drain", "stop");
}

describe("of a single worker after several that drain", () => {
  test("the listener stays at its index, and theirs stay open, steered around", () => {
    const server = drained();
    expect(server.takeOnly("close-listener")).toEqual([]);
    expect([...server.state.workers.keys()]).toEqual([2]);
    const group = { members: [0, 1, 2], program: [2] };
    expect(server.state.groups.get(ADDRESS)).toEqual(group);
  });

  test("theirs are closed at the next reload, with programs valid before and after", () => {
    const server = drained();
    server.take();
    server.reload().obey(...START, ...END);
    expect(server.takeOnly("close-listener")).toMatchObject([
      { worker: 0, during: [2], after: [2] },
      { worker: 1, during: [0], after: [0] },
      { worker: 2, during: [0], after: undefined },
    ]);
    expect(server.state.groups.get(ADDRESS)).toEqual({ members: [3], program: undefined });
  });

  test("theirs are closed when it stops, and when it hands over", () => {
    const stopped = drained();
    stopped.stop("graceful").obey(...END);
    expect(stopped.state.groups.size).toBe(0);
    const handing = drained();
    handing.handOver();
    expect(handing.state.groups.get(ADDRESS)?.members).toEqual([2]);
  });

  test("a listener that may have connections in its queue is closed at once", () => {
    const server = serving({ workers: 1 });
    server.reload().obey(...START);
    server.reload().obey(...START);
    server.take();
    server.crash(0);
    expect(server.takeOnly("close-listener")).toMatchObject([{ worker: 0, during: [0] }]);
  });
});

describe("after a crash", () => {
  test("the listener of the dead is closed at once, and the others get its connections", () => {
    const server = serving({ workers: 3 }).crash(0);
    expect(server.takeOnly("close-listener")).toEqual([
      { type: "close-listener", worker: 0, address: ADDRESS, during: [1], after: undefined },
    ]);
  });

  test("the replacement gets connections when it is ready, and not before", () => {
    const server = serving().crash(0).obey("spawn");
    server.send({ type: "worker-bound", worker: 2, addresses: [ADDRESS] });
    expect(server.state.groups.get(ADDRESS)).toEqual({ members: [1, 2], program: [0] });
    server.send({ type: "worker-ready", worker: 2 });
    expect(server.state.groups.get(ADDRESS)?.program).toBeUndefined();
  });

  test("of all serving workers, ready ones of the next generation get the connections", () => {
    const server = serving({ workers: 1 });
    server.written = { ...server.written, workers: 2 };
    server.reload().obey("load-config", "spawn");
    server.send({ type: "worker-bound", worker: 1, addresses: [ADDRESS] });
    server.send({ type: "worker-ready", worker: 1 });
    server.send({ type: "worker-bound", worker: 2, addresses: [ADDRESS] });
    expect(server.state.groups.get(ADDRESS)?.members).toEqual([0, 1, 2]);
    server.take();
    server.crash(0);
    expect(server.takeOnly("close-listener")).toEqual([
      { type: "close-listener", worker: 0, address: ADDRESS, during: [1], after: [1] },
    ]);
  });

  test("of all serving workers, their replacement gets them before it is warm, and no other", () => {
    const server = serving({ workers: 1, rollout: { ...PLAIN, hasVerify: true } });
    server
      .reload()
      .obey(...START)
      .crash(0)
      .obey("spawn");
    expect(server.phases).toBe("1:ready 2:binding");
    expect(server.state.rollout.name).toBe("verifying");
    server.send({ type: "worker-bound", worker: 2, addresses: [ADDRESS] });
    expect(server.state.groups.get(ADDRESS)).toMatchObject({ members: [1, 2], program: [1] });
  });

  test("of all new workers, the old ones that still drain get the connections", () => {
    const server = steered({ workers: 1 });
    expect(server.state.groups.get(ADDRESS)).toEqual({ members: [0, 1], program: [1] });
    server.crash(1);
    expect(server.state.groups.get(ADDRESS)).toEqual({ members: [0], program: undefined });
    expect(server.takeOnly("quiet-listener")).toEqual([]);
  });
});
