// To whom a worker that leaves hands its WebSockets.
import { describe, expect, test } from "bun:test";
import { type Scenario, serving, START } from "../scenario.ts";
import { PLAIN } from "../trials.ts";

const CARRY = { websocket: { onReload: "carry" } } as const;

/** Who is told to drain since the last look, and for whom. */
const carried = (server: Scenario): [number, readonly number[] | undefined][] =>
  server.takeOnly("drain").map(({ worker, carryTo }) => [worker, carryTo]);

describe("with websocket.on_reload = carry, WebSockets go", () => {
  test("at a reload to all new workers, each old one with an order of its own", () => {
    const server = serving(CARRY)
      .reload()
      .obey(...START);
    expect(carried(server)).toEqual([
      [0, [2, 3]],
      [1, [3, 2]],
    ]);
  });

  test("when a worker is replaced to the others of its version", () => {
    const server = serving(CARRY);
    server.send({ type: "worker-uncaught", worker: 1, error: "Error: late" }).obey(...START);
    expect(carried(server)).toEqual([[1, [2, 0]]]);
  });

  test("when there are to be fewer workers to those that stay", () => {
    const server = serving(CARRY).scale(-1);
    expect(carried(server)).toEqual([[1, [0]]]);
  });

  test("when there are to be far fewer to those alone that stay", () => {
    const server = serving({ ...CARRY, workers: 4 });
    server.send({ type: "scale-requested", to: 1, by: "somebody" });
    expect(carried(server).map(([, to]) => to)).toEqual([[0], [0], [0]]);
  });

  test("in a rolling reload to the new workers that are ready by then", () => {
    const server = serving({ ...CARRY, rollout: { ...PLAIN, strategy: "rolling" } })
      .reload()
      .obey(...START);
    const [first] = carried(server);
    expect(first).toEqual([expect.any(Number), [2]]);
  });
});

/** Who hears of others since the last look, and of whom. */
const redirected = (server: Scenario): [number, readonly number[]][] =>
  server.takeOnly("carry").map(({ worker, to }) => [worker, to]);

describe("those that have not left yet go", () => {
  test("at the next reload to the workers of the version after that", () => {
    const server = serving(CARRY)
      .reload()
      .obey(...START);
    expect(redirected(server)).toEqual([]);
    server.reload().obey(...START);
    expect(redirected(server)).toEqual([
      [0, [4, 5]],
      [1, [5, 4]],
    ]);
  });

  test("to the worker in the place of one that was lost", () => {
    const server = serving(CARRY)
      .reload()
      .obey(...START);
    server.take();
    server
      .crash(2)
      .obey(...START)
      .pass(1000)
      .obey(...START);
    expect(redirected(server).at(-1)).toEqual([1, [4, 3]]);
  });

  test("nowhere else at a stop", () => {
    const server = serving(CARRY)
      .reload()
      .obey(...START)
      .stop("graceful");
    expect(redirected(server)).toEqual([]);
  });
});

describe("they are closed", () => {
  test("without it", () => {
    expect(
      carried(
        serving()
          .reload()
          .obey(...START),
      ),
    ).toEqual([
      [0, undefined],
      [1, undefined],
    ]);
  });

  test("at a stop", () => {
    expect(carried(serving(CARRY).stop("graceful"))).toEqual([
      [0, undefined],
      [1, undefined],
    ]);
  });

  test("when the old version has to stop before the new one starts", () => {
    const server = serving({ ...CARRY, rollout: { ...PLAIN, strategy: "restart" } });
    expect(carried(server.reload().obey("load-config")).map(([, to]) => to)).toEqual([
      undefined,
      undefined,
    ]);
  });

  test("when the new version does not carry them on", () => {
    const server = serving(CARRY);
    server.written = { ...server.written, websocket: {} };
    expect(carried(server.reload().obey(...START)).map(([, to]) => to)).toEqual([
      undefined,
      undefined,
    ]);
  });
});
