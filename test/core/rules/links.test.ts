// Which workers get links to each other, and when: each pair once, before anybody drains.
import { describe, expect, test } from "bun:test";
import { successorState } from "../../../src/core/rules/takeover.ts";
import { type Settings, wantsLinks } from "../../../src/core/settings.ts";
import { initialState } from "../../../src/core/state.ts";
import { INVENTORY, Scenario, SETTINGS, START, VERSION } from "../scenario.ts";
import { BAKE, CANARY, PLAIN } from "../trials.ts";

const LINKED = { websocket: { publish: "server" } } as const;

/** The links that have been asked for, as `1-0`. */
function links(server: Scenario): string[] {
  return server
    .takeOnly("link")
    .flatMap(({ worker, peers }) => peers.map((peer) => `${worker}-${peer}`));
}

function started(change: Partial<Settings> = {}): Scenario {
  const server = new Scenario({ ...LINKED, ...change });
  return server.send({ type: "tick" }).obey(...START);
}

test.each([
  [undefined, false],
  [{}, false],
  [{ closeCode: 4000 }, false],
  [{ onReload: "carry" }, true],
  [{ publish: "server" }, true],
  [{ publish: "redis://127.0.0.1" }, true],
] as const)("settings %p: links %p", (websocket, wants) => {
  expect(wantsLinks(websocket)).toBe(wants);
});

describe("a pair of workers gets one link", () => {
  test("when the second of them has loaded its app, before it listens", () => {
    expect(links(started({ workers: 3 }))).toEqual(["1-0", "2-0", "2-1"]);
    const server = new Scenario(LINKED).send({ type: "tick" }).obey("load-config", "spawn");
    expect(server.phases).toBe("0:binding 1:binding");
    const effects = server.takeDeeds().map(({ type }) => type);
    expect(effects.filter((type) => type === "link" || type === "bind")).toEqual(["bind", "link"]);
    server.obey("bind");
    expect(links(server)).toEqual([]);
  });

  test("and none with one that is still loading", () => {
    const server = started({ workers: 1 });
    server.reload().obey("load-config");
    expect(server.phases).toBe("0:ready 1:spawning");
    expect(links(server)).toEqual([]);
  });

  test("unless nobody has a use for it", () => {
    expect(links(started({ websocket: {} }))).toEqual([]);
  });

  test("at a reload: the new ones to each other and to the old ones, before those drain", () => {
    const server = started();
    server.take();
    server.reload().obey(...START);
    const types = server.take().flatMap((it) => {
      if (it.type === "link") return `${it.worker}-${it.peers.join()}`;
      return it.type === "drain" ? "drain" : [];
    });
    expect(types).toEqual(["2-0,1", "3-0,1,2", "drain", "drain"]);
  });

  test("also to those of a version that had no use for links", () => {
    const server = started({ websocket: {} });
    server.written = { ...server.written, ...LINKED };
    server.reload().obey(...START);
    expect(links(server)).toEqual(["2-0", "2-1", "3-0", "3-1", "3-2"]);
  });

  test("and to those of a version that has none any more", () => {
    const server = started();
    server.take();
    server.written = { ...server.written, websocket: {} };
    server.reload().obey(...START);
    expect(links(server)).toEqual(["2-0", "2-1", "3-0", "3-1"]);
  });

  test("and to those that drain for an earlier reload, or are in standby", () => {
    const twice = started({ workers: 1 })
      .reload()
      .obey(...START)
      .reload()
      .obey(...START);
    expect(links(twice)).toEqual(["1-0", "2-0", "2-1"]);
    const standby = started({ rollout: { ...PLAIN, ...BAKE }, workers: 1 });
    standby.reload().obey(...START);
    expect(standby.phases).toBe("0:standby 1:ready");
    expect(links(standby)).toEqual(["1-0"]);
  });

  test("once also where one comes back from standby, in which it has got its links", () => {
    const rollout = { ...PLAIN, ...BAKE };
    const server = started({ websocket: {}, rollout, workers: 1 });
    server.reload().obey(...START);
    expect(server.phases).toBe("0:standby 1:ready");
    server.written = { ...server.written, ...LINKED, rollout: { ...rollout, hasVerify: true } };
    server.reload().obey(...START);
    expect(server.state.rollout.name).toBe("verifying");
    expect(links(server)).toEqual(["2-0", "2-1"]);
    server.send({ type: "rollback-requested", by: "a test" });
    expect(server.phases).toStartWith("0:ready");
    expect(links(server)).toEqual([]);
  });

  test("in a canary, too", () => {
    const server = started({ rollout: { ...PLAIN, ...CANARY }, workers: 1 });
    server.reload().obey(...START);
    expect(server.state.rollout.name).toBe("canary");
    expect(links(server)).toEqual(["1-0"]);
  });

  test("not with one that has ended, and the one in its place with all", () => {
    const server = started({ workers: 3 });
    server.take();
    server.crash(0).obey(...START);
    expect(links(server)).toEqual(["3-1", "3-2"]);
  });

  test("and no more when nothing changes", () => {
    const server = started();
    server.take();
    server.send({ type: "tick" }).send({ type: "worker-full", worker: 0, isFull: true });
    expect(links(server)).toEqual([]);
  });
});

test("workers of another master get none; those of this one to each other", () => {
  const server = new Scenario();
  server.state = successorState({ ...SETTINGS, ...LINKED }, VERSION, INVENTORY);
  server.written = { ...SETTINGS, ...LINKED };
  server.send({ type: "tick" }).obey(...START);
  expect(links(server)).toEqual(["21-20"]);
});

test("where one worker listens at a time there are none", () => {
  const server = new Scenario(LINKED);
  server.state = initialState({ ...SETTINGS, ...LINKED }, VERSION, "solo");
  server.send({ type: "tick" }).obey(...START);
  expect(server.phases).toContain("ready");
  expect(links(server)).toEqual([]);
});
