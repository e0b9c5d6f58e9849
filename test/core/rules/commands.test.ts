// What each command of the control socket is answered, when, and that it is answered once.

import { describe, expect, test } from "bun:test";
import { PROTOCOLS } from "../../../src/core/handover-protocol.ts";
import { refusal } from "../../../src/core/messages.ts";
import { END, type Scenario, Scenario as Server, serving, START } from "../scenario.ts";
import { BAD, CANARY, measure, PLAIN } from "../trials.ts";

const reload = (id: number, until: "steered" | "ended" = "ended") =>
  ({ type: "reload-requested", by: "a reload command", id, until }) as const;
const drain = (id: number, forMs: number) => ({ type: "drain-requested", id, forMs }) as const;
const stop = (id: number) =>
  ({ type: "stop-requested", mode: "graceful", signal: "a stop command", id }) as const;

const answers = (server: Scenario): object[] => server.takeOnly("answer");
const types = (server: Scenario): string[] =>
  server
    .take()
    .map(({ type }) => type)
    .filter((type) => type !== "log");

/** A handover to a new master has begun. */
const handingOver = (): Scenario =>
  serving()
    .handOver()
    .send({ type: "successor-started", pid: 77 })
    .send({ type: "successor-said-hello", protocols: PROTOCOLS });

const CLAIM = { type: "successor-claimed" } as const;

const REJECTED = { generation: 1, outcome: "rejected" } as const;

describe("a reload command is answered", () => {
  test("until steered: when the new generation takes all new connections", () => {
    const server = serving().send(reload(1, "steered")).obey("load-config", "spawn");
    expect(answers(server)).toEqual([]);
    server.obey("bind");
    const found = types(server);
    expect(found.indexOf("answer")).toBeGreaterThan(found.lastIndexOf("steer"));
    expect(server.obey(...END).takeOnly("answer")).toEqual([]);
  });

  test("until ended: when the old generation has gone, after the receipt is due", () => {
    const server = serving()
      .send(reload(1))
      .obey(...START);
    expect(answers(server)).toEqual([]);
    const effects = server.obey(...END).take();
    expect(effects.slice(-2)).toEqual([
      { type: "reload-ended", generation: 1, outcome: "completed", reason: undefined, workers: 2 },
      { type: "answer", id: 1, ok: true, generation: 1 },
    ]);
  });

  for (const until of ["steered", "ended"] as const) {
    test(`until ${until}: with the reason when it is rejected`, () => {
      const server = serving().send(reload(1, until));
      server.send({ type: "config-rejected", generation: 1, reason: "port: not a number" });
      expect(answers(server)).toEqual([
        { type: "answer", id: 1, ok: false, reason: "port: not a number", ...REJECTED },
      ]);
    });
  }

  test.each(["steered", "ended"] as const)("until %s: when a canary is rolled back", (until) => {
    const server = serving({ rollout: { ...PLAIN, ...CANARY } });
    server.send(reload(1, until)).obey(...START);
    expect(answers(server)).toEqual([]);
    measure(server, 1, BAD);
    const no = { id: 1, ok: false, generation: 1, outcome: "rolled-back" };
    // Whoever waits for the end waits until it has answered what it has, and has a whole receipt.
    expect(answers(server)).toMatchObject(until === "steered" ? [no] : []);
    const last = types(server.obey(...END)).slice(-3);
    expect(last.filter((type) => type !== "forget-config").slice(-2)).toEqual(
      until === "steered" ? ["close-listener", "reload-ended"] : ["reload-ended", "answer"],
    );
  });

  test("with the end of the reload that carries it, and two share one", () => {
    const server = serving()
      .send(reload(1))
      .send(reload(2))
      .send(reload(3))
      .obey(...START, ...END);
    expect(answers(server)).toMatchObject([
      { id: 1, generation: 1 },
      { id: 2, generation: 2 },
      { id: 3, generation: 2 },
    ]);
  });

  test("at the start of the server: with the reload that follows", () => {
    const server = new Server().send({ type: "tick" }).send(reload(1));
    server.obey(...START, ...END);
    expect(answers(server)).toMatchObject([{ id: 1, ok: true, generation: 1 }]);
  });

  const stopping = refusal.stopping;
  test("with no when the start fails", () => {
    const server = new Server().send({ type: "tick" }).send(reload(1)).crash(0);
    expect(answers(server)).toMatchObject([{ id: 1, ok: false, reason: stopping }]);
  });

  test("with no when the server stops before it has begun, or before it is steered to", () => {
    const server = serving().send(reload(1)).send(reload(2)).stop("graceful");
    expect(answers(server)).toEqual([
      { type: "answer", id: 1, ok: false, reason: stopping, ...REJECTED },
      { type: "answer", id: 2, ok: false, reason: stopping, generation: 2 },
    ]);
    expect(answers(server.send(reload(3)))).toMatchObject([{ id: 3, reason: stopping }]);
  });

  test("with yes when the server stops while the old generation drains", () => {
    const server = serving()
      .send(reload(1))
      .obey(...START)
      .stop("graceful");
    expect(answers(server)).toEqual([]);
    server.obey(...END);
    expect(answers(server)).toMatchObject([{ id: 1, ok: true, generation: 1 }]);
  });

  test("with no when the server is handed over before it begins, as another process has it", () => {
    const server = handingOver().send(reload(1));
    expect(answers(server)).toEqual([]);
    server.send(CLAIM);
    expect(answers(server)).toMatchObject([{ id: 1, ok: false, reason: refusal.handedOver }]);
  });

  test("when the handover that it came in has failed: by the reload that follows", () => {
    const server = handingOver().send(reload(1));
    server.send({ type: "successor-exited", how: "exit code 1" });
    server.send({ type: "successor-gone" });
    server.obey(...START, ...END);
    expect(answers(server)).toMatchObject([{ id: 1, ok: true }]);
  });
});

describe("a drain command", () => {
  test("has health answer 503 until its time is over, and is answered then", () => {
    const server = serving().send(drain(1, 500));
    expect(server.take()).toEqual([{ type: "health", draining: true }]);
    expect(server.pass(499).take()).toEqual([]);
    expect(server.pass(1).take()).toEqual([
      { type: "answer", id: 1, ok: true },
      { type: "health", draining: false },
    ]);
  });

  test("of two: each is answered in its time, and health is 503 for the longest", () => {
    const server = serving().send(drain(1, 900)).send(drain(2, 300));
    expect(types(server)).toEqual(["health"]);
    expect(answers(server.pass(300))).toMatchObject([{ id: 2 }]);
    expect(types(server.pass(600))).toEqual(["answer", "health"]);
  });

  test("holds for workers that are spawned in the meantime, and for them only", () => {
    const server = serving().send(drain(1, 500)).scale(1);
    expect(server.takeOnly("spawn")).toMatchObject([{ worker: 2, healthIsDraining: true }]);
    server.pass(500).scale(1);
    expect(server.takeOnly("spawn")).toEqual([
      { type: "spawn", worker: 3, generation: 0, slot: 3 },
    ]);
  });

  test("that a stop follows: health stays as it is, and no one waits for its end", () => {
    const server = serving()
      .send(drain(1, 3_600_000))
      .stop("graceful")
      .obey(...END);
    expect(server.take().slice(-2)).toEqual([
      { type: "answer", id: 1, ok: false, reason: refusal.stopped },
      { type: "exit", code: 0 },
    ]);
  });

  test("is in the way of a handover that is asked for, which the log says", () => {
    const server = serving().send(drain(1, 500));
    server.handOver();
    expect(server.takeLog()).toEqual([
      `[WARN] Received SIGUSR2 — refused: ${refusal.drainCommanded}`,
    ]);
    expect(server.pass(500).takeOnly("start-successor")).toEqual([]);
  });

  test("is waited for by a handover that waits", () => {
    const server = serving().reload().handOver();
    server.send(drain(1, 60_000)).obey(...START, ...END);
    expect(server.takeOnly("start-successor")).toEqual([]);
    expect(server.pass(60_000).takeOnly("start-successor")).toHaveLength(1);
  });

  test("during a handover: ends with that, and the workers answer 200 again", () => {
    const server = handingOver().send(drain(1, 60_000));
    server.take();
    expect(server.send(CLAIM).take()).toEqual([
      { type: "grant", ended: [], reload: undefined },
      expect.objectContaining({ type: "log", event: "handed-over" }),
      { type: "answer", id: 1, ok: false, reason: refusal.handedOver },
      { type: "health", draining: false },
    ]);
  });
});

describe("a stop command", () => {
  test("is answered when all workers have ended, and so is every other one", () => {
    const server = serving().stop("graceful").send(stop(1)).send(stop(2));
    expect(answers(server)).toEqual([]);
    expect(types(server.obey(...END)).slice(-3)).toEqual(["answer", "answer", "exit"]);
  });
});

const ended = (): Scenario =>
  serving()
    .stop("now")
    .obey(...END);
const handedOver = (): Scenario => handingOver().send(CLAIM);

describe("a command that comes too late is answered", () => {
  for (const [when, make, reason] of [
    ["when the server has stopped", ended, refusal.stopped],
    ["when it is another process's", handedOver, refusal.handedOver],
  ] as const) {
    const scale = { type: "scale-requested", to: 3, by: "a scale command", id: 9 } as const;
    for (const event of [reload(9), scale, drain(9, 100), stop(9)]) {
      test(`${when}: ${event.type}`, () => {
        const server = make();
        server.take();
        expect(server.send(event).take()).toMatchObject([
          { type: "answer", id: 9, ok: false, reason },
        ]);
      });
    }
  }
});
