// The worker whose process may start before it is asked for.
import { describe, expect, test } from "bun:test";
import { expectedWorker } from "../../src/core/expected-worker.ts";
import { Scenario, serving } from "./scenario.ts";

describe("a worker is expected", () => {
  test("while the configuration of a reload is read, and that one is then spawned", () => {
    const server = serving().reload();
    const expected = expectedWorker(server.state);
    expect(expected).toMatchObject({ generation: 1, slot: 0 });
    server.obey("load-config");
    expect(server.takeOnly("spawn")).toMatchObject([expected ?? {}]);
    expect(expectedWorker(server.state)).toBeUndefined();
  });

  test("no more when the configuration is rejected, or the server stops", () => {
    const rejected = serving().reload();
    rejected.send({ type: "config-rejected", generation: 1, reason: "no" });
    expect(expectedWorker(rejected.state)).toBeUndefined();
    const stopped = serving().reload();
    stopped.send({ type: "stop-requested", mode: "graceful", signal: "SIGTERM" });
    expect(expectedWorker(stopped.state)).toBeUndefined();
  });

  test("neither at the start nor while all serve", () => {
    expect(expectedWorker(new Scenario().state)).toBeUndefined();
    expect(expectedWorker(serving().state)).toBeUndefined();
  });
});
