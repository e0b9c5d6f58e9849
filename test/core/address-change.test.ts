// An address that is given up at a reload: nobody who still calls it in time is lost.

import { describe, expect, test } from "bun:test";
import { LINGER_MS } from "../../src/core/settings.ts";
import { ADDRESS, OTHER_ADDRESS, type Scenario, listeningIn, serving, START } from "./scenario.ts";
import { CANARY, PLAIN } from "./trials.ts";

/** A reload has moved the server from one address to the other. */
function moved(): Scenario {
  const server = serving({ workers: 1 });
  server.addresses = [OTHER_ADDRESS];
  return server.reload().obey(...START);
}

describe("when the address changes at a reload", () => {
  test("the new one is told, and the old one made quiet", () => {
    const server = moved();
    const effects = server.take();
    expect(listeningIn(effects)).toEqual([OTHER_ADDRESS]);
    expect(effects).toContainEqual({ type: "quiet-listener", worker: 0, address: ADDRESS });
    expect(effects.map(({ type }) => type)).not.toContain("release-listener");
  });

  test("the old one is released in less than a second, while its worker drains on", () => {
    const server = moved();
    server.take();
    server.pass(LINGER_MS - 1);
    expect(server.take()).toEqual([]);
    server.pass(1);
    expect(server.take()).toEqual([{ type: "release-listener", worker: 0, address: ADDRESS }]);
    server.obey("release-listener");
    expect(server.takeOnly("close-listener")).toEqual([
      { type: "close-listener", worker: 0, address: ADDRESS, during: undefined, after: undefined },
    ]);
    expect(server.phases).toBe("0:draining 1:ready");
    expect([...server.state.groups.keys()]).toEqual([OTHER_ADDRESS]);
    server.obey("drain", "stop");
    expect(server.phases).toBe("1:ready");
  });

  test("the old one stays while a canary listens elsewhere, though its only worker is killed", () => {
    const rollout = { ...PLAIN, ...CANARY };
    const server = serving({ workers: 1, hangTimeoutMs: 30_000, rollout });
    server.addresses = [OTHER_ADDRESS];
    server.reload().obey(...START);
    expect(server.state.rollout.name).toBe("canary");
    server.take();
    server.send({ type: "worker-stalled", worker: 0, forMs: 30_000, doing: undefined });
    const types = server.take().map(({ type }) => type);
    expect(types).toContain("kill");
    expect(types).toContain("spawn");
    expect(types).not.toContain("quiet-listener");
  });

  test("an address that both generations have is steered, not made quiet", () => {
    const server = serving({ workers: 1 });
    server.addresses = [ADDRESS, OTHER_ADDRESS];
    server.reload().obey(...START);
    expect(server.take().map(({ type }) => type)).not.toContain("quiet-listener");
    expect(server.state.groups.get(ADDRESS)?.program).toEqual([1]);
  });

  test("a worker that is alone on its address is made quiet before it ends", () => {
    const server = serving();
    server.addresses = [OTHER_ADDRESS];
    server.crash(1).obey("spawn", "bind");
    server.take();
    server.scale(-1);
    expect(server.takeOnly("quiet-listener")).toEqual([
      { type: "quiet-listener", worker: 2, address: OTHER_ADDRESS },
    ]);
  });

  test("a rejected generation gives the new address up again", () => {
    const server = serving({ workers: 2 });
    server.addresses = [OTHER_ADDRESS];
    server.reload().obey("load-config", "spawn");
    server.send({ type: "worker-bound", worker: 2, addresses: [OTHER_ADDRESS] });
    server.send({ type: "worker-ready", worker: 2 });
    server.take();
    server.crash(3);
    expect(server.takeOnly("quiet-listener")).toEqual([
      { type: "quiet-listener", worker: 2, address: OTHER_ADDRESS },
    ]);
  });
});
