// One worker of the generation that serves leads, never two, and who it is follows from what
// serves: over starts, reloads, trials, crashes, stops and handovers.
import { describe, expect, test } from "bun:test";
import type { Effect } from "../../../src/core/effects.ts";
import type { Event } from "../../../src/core/events.ts";
import { successorState } from "../../../src/core/rules/takeover.ts";
import { LEASE_MARGIN_MS, LEASE_MS, type Settings } from "../../../src/core/settings.ts";
import { END, INVENTORY, Scenario, SETTINGS, START, VERSION } from "../scenario.ts";
import { BAD, BAKE, CANARY, GOOD, measure, PLAIN } from "../trials.ts";

const ASK_MS = LEASE_MS / 3;
const FREE_MS = LEASE_MS + LEASE_MARGIN_MS;

/** A server whose app has a use for a leader. */
function led(change: Partial<Settings> = {}): Scenario {
  const server = new Scenario(change);
  server.wantsLead = true;
  server.send({ type: "tick" }).obey(...START);
  return server;
}

/** What has been said to leaders, as `lead 0`; what workers answer is up to the test. */
function said(effects: readonly Effect[]): string[] {
  return effects.flatMap((effect) =>
    effect.type === "lead" || effect.type === "lease" || effect.type === "resign"
      ? [`${effect.type} ${effect.worker}`]
      : [],
  );
}

const resigned = (worker: number): Event => ({ type: "leader-resigned", worker });
const asks = (worker: number): Event => ({ type: "lease-wanted", worker });

/** Time passes, in which a worker asks for its lease as it should. */
function alive(server: Scenario, worker: number, ms: number): Scenario {
  for (let left = ms; left > 0; left -= ASK_MS) {
    server.pass(Math.min(left, ASK_MS)).send(asks(worker));
  }
  return server;
}

describe("the leader", () => {
  test("is the ready worker in the lowest slot, once the generation serves", () => {
    const server = new Scenario();
    server.wantsLead = true;
    server.send({ type: "tick" }).obey("load-config", "spawn");
    expect(said(server.take())).toEqual([]);
    server.obey("bind");
    expect(said(server.take())).toEqual(["lead 0"]);
    expect(server.state.leader).toMatchObject({ name: "leading", worker: 0 });
  });

  test("gets a lease from now on, and as much time again each time it asks", () => {
    const server = new Scenario();
    server.wantsLead = true;
    server.send({ type: "tick" }).obey("load-config", "spawn").pass(100).obey("bind");
    expect(server.takeOnly("lead")).toEqual([{ type: "lead", worker: 0, untilMs: 100 + LEASE_MS }]);
    server.pass(400).send(asks(0));
    expect(server.takeOnly("lease")).toEqual([
      { type: "lease", worker: 0, untilMs: 500 + LEASE_MS },
    ]);
  });

  test("stays the leader as long as it serves, and nobody else is told anything", () => {
    const server = led()
      .scale(1)
      .obey(...START);
    server.take();
    alive(server, 0, 60_000);
    expect(new Set(said(server.take()))).toEqual(new Set(["lease 0"]));
  });

  test("is nobody, and nothing waits for it, where the app has no use for one", () => {
    const server = new Scenario();
    server.send({ type: "tick" }).obey(...START);
    expect(said(server.take())).toEqual([]);
    expect(server.state.leader).toBeUndefined();
  });

  test("that crashes is followed at once", () => {
    const server = led();
    server.take();
    server.crash(0);
    expect(said(server.take())).toEqual(["lead 1"]);
    // The one in its slot is no better.
    server.obey(...START);
    expect(said(server.take())).toEqual([]);
  });

  test("is not one whose app has thrown, if there is another", () => {
    const server = led();
    server.send({ type: "worker-uncaught", worker: 1, error: "oops" }).crash(0);
    expect(server.state.leader).toMatchObject({ worker: 1 });
    const other = led({ workers: 3 });
    other.send({ type: "worker-uncaught", worker: 1, error: "oops" });
    other.take();
    other.crash(0);
    expect(said(other.take())).toEqual(["lead 2"]);
  });
});

function inCanary(): Scenario {
  const server = led();
  server.written = { ...server.written, rollout: { ...PLAIN, ...CANARY } };
  return server.reload().obey(...START);
}

const stall = (server: Scenario, worker: number): Scenario =>
  server.send({ type: "worker-stalled", worker, forMs: 450, doing: undefined });

describe("while a canary is tried,", () => {
  test("one of the old generation leads", () => {
    const server = inCanary();
    expect(said(server.take()).filter((it) => it.startsWith("lead "))).toEqual(["lead 0"]);
    expect(said(stall(server, 0).take())).toEqual([]);
  });

  test("one of the new leads when no old one gets on, until one does", () => {
    const server = inCanary();
    stall(stall(server, 0), 1).take();
    expect(said(server.pass(LEASE_MS + LEASE_MARGIN_MS).take())).toEqual(["lead 2"]);
    server.send({ type: "worker-got-on", worker: 1 });
    expect(said(server.take())).toEqual(["resign 2"]);
    server.send(resigned(2));
    expect(said(server.take())).toEqual(["lead 1"]);
  });
});

describe("another worker leads only when the leader has resigned:", () => {
  test("at a reload, the new generation's first", () => {
    const server = led().reload().obey("load-config", "spawn");
    server.take();
    server.obey("bind");
    const effects = server.take();
    expect(said(effects)).toEqual(["resign 0"]);
    // It hears first why.
    const types = effects.flatMap(({ type }) =>
      type === "drain" || type === "resign" ? type : [],
    );
    expect(types).toEqual(["drain", "drain", "resign"]);
    server.send(resigned(0));
    expect(said(server.take())).toEqual(["lead 2"]);
  });

  test("or has ended", () => {
    const server = led()
      .reload()
      .obey(...START);
    server.take();
    server.crash(0);
    expect(said(server.take())).toEqual(["lead 2"]);
  });

  test("or its lease has run out, since it may hang", () => {
    const server = led();
    server
      .pass(300)
      .send(asks(0))
      .pass(1000)
      .reload()
      .obey(...START);
    server.take();
    server.pass(FREE_MS - 1000 - 1);
    expect(said(server.take())).toEqual([]);
    server.pass(1);
    const effects = server.take();
    expect(said(effects)).toEqual(["lead 2"]);
    expect(effects).toContainEqual(
      expect.objectContaining({ event: "leader-silent", level: "warn" }),
    );
  });

  test("one that asks for more time then gets none", () => {
    const server = led()
      .reload()
      .obey(...START);
    server.take();
    server.send(asks(0));
    expect(said(server.take())).toEqual([]);
  });

  test("within 2 seconds of the last that is heard of the leader", () => {
    expect(FREE_MS).toBeLessThan(2000);
  });
});

describe("a leader that says nothing while it serves", () => {
  test("is replaced when its lease has run out, and not told to lead again", () => {
    const server = led();
    server.take();
    server.pass(FREE_MS);
    expect(said(server.take())).toEqual(["lead 1"]);
    server.crash(1);
    expect(said(server.take())).toEqual([]);
    expect(server.state.leader).toBeUndefined();
  });

  test("may lead again once it has said that it has resigned", () => {
    const server = led();
    server.pass(FREE_MS).crash(1);
    server.take();
    server.send(resigned(0));
    expect(said(server.take())).toEqual(["lead 0"]);
  });

  test("leaves the one that leads by then alone when it is heard of again", () => {
    const server = led();
    server.pass(FREE_MS);
    server.take();
    server.send(asks(0)).send(resigned(0));
    expect(said(server.take())).toEqual([]);
    expect(server.state.leader).toMatchObject({ worker: 1 });
  });

  test("has given up by itself if it says so before anybody else leads", () => {
    const server = led();
    server.take();
    server.pass(LEASE_MS).send(resigned(0));
    expect(said(server.take())).toEqual(["lead 0"]);
  });
});

function tried(change: Partial<typeof PLAIN>): Scenario {
  return led({ rollout: { ...PLAIN, ...change } })
    .reload()
    .obey(...START);
}

describe("in a trial", () => {
  test("the old generation leads during the canary, the new one after it", () => {
    const server = tried(CANARY);
    expect(server.state.rollout.name).toBe("canary");
    expect(said(server.take())).toEqual(["lead 0"]);
    server.state = { ...server.state, leader: { name: "leading", worker: 0, freeAtMs: 1e9 } };
    measure(server, 1, GOOD, 30_000);
    expect(said(server.take())).toEqual(["resign 0"]);
    server.send(resigned(0));
    expect(said(server.take())).toEqual(["lead 2"]);
  });

  test("a canary that is rejected never led", () => {
    const server = tried(CANARY);
    server.take();
    measure(server, 1, BAD);
    expect(said(server.take())).toEqual([]);
    expect(server.state.leader).toMatchObject({ worker: 0 });
  });

  test("the new generation leads during the bake; a rollback gives it back", () => {
    const server = tried(BAKE).send(resigned(0));
    expect(said(server.take())).toEqual(["lead 0", "resign 0", "lead 2"]);
    server.send({ type: "rollback-requested", by: "test", id: 1 });
    expect(said(server.take())).toEqual(["resign 2"]);
    server.send(resigned(2));
    expect(said(server.take())).toEqual(["lead 0"]);
  });

  test("a rollback before the old leader has resigned waits for that", () => {
    const server = tried(BAKE);
    server.take();
    server.send({ type: "rollback-requested", by: "test", id: 1 });
    expect(said(server.take())).toEqual([]);
    server.send(resigned(0));
    expect(said(server.take())).toEqual(["lead 0"]);
  });
});

test("in a rolling reload old workers lead until the new generation serves", () => {
  const rollout = { ...PLAIN, strategy: "rolling" } as const;
  const server = led({ rollout });
  // More than before: one of the old ones stays until all new ones are ready.
  server.written = { ...server.written, workers: 4 };
  const seen: string[] = [];
  const send = server.send.bind(server);
  server.send = (event) => {
    send(event);
    const { leader, serving, workers } = server.state;
    if (leader?.worker === undefined) return server;
    if (leader.name === "leaving") return server.send(resigned(leader.worker));
    const isOldReady = [...workers.values()].some(
      ({ generation, phase }) => generation === 0 && phase.name === "ready",
    );
    const which = workers.get(leader.worker)?.generation;
    const now = `${which} leads, ${serving} serves, ${isOldReady ? "old ones left" : "no old ones"}`;
    if (seen.at(-1) !== now) seen.push(now);
    return server;
  };
  server.reload().obey(...START, ...END);
  expect(seen).toEqual(["0 leads, 0 serves, old ones left", "1 leads, 1 serves, no old ones"]);
});

test.each([
  ["a stop", (server: Scenario) => server.stop("graceful")],
  ["a stop that is impatient", (server: Scenario) => server.stop("impatient")],
])("at %s the leader resigns, and nobody follows", (_, stop) => {
  const server = led();
  server.take();
  stop(server);
  expect(said(server.take())).toEqual(["resign 0"]);
  server.send(resigned(0));
  expect(said(server.take())).toEqual([]);
  server
    .obey(...END)
    .pass(3000)
    .obey(...END);
  expect(server.state.exited).toBe(true);
});

test("with shutdown_delay the leader goes on until its drain begins", () => {
  const server = led({ shutdownDelayMs: 1000 });
  server.take();
  alive(server.stop("graceful"), 0, 900);
  expect(said(server.take())).not.toContain("resign 0");
  server.pass(100);
  expect(said(server.take())).toEqual(["resign 0"]);
});

test("a leader that is scaled away, or recycled, is followed by one that stays", () => {
  const server = led({ workers: 2 });
  server.crash(0).obey(...START);
  expect(server.state.leader).toMatchObject({ worker: 1 });
  server.take();
  server.scale(-1);
  expect(said(server.take())).toEqual(["resign 1"]);
  server.send(resigned(1));
  expect(said(server.take())).toEqual(["lead 2"]);
});

function successor(): Scenario {
  const server = new Scenario();
  server.wantsLead = true;
  const workers = INVENTORY.workers.map((it) => ({ ...it, wantsLead: true as const }));
  server.state = successorState(SETTINGS, VERSION, { ...INVENTORY, workers });
  return server.send({ type: "tick" }).obey("spawn", "bind");
}

describe("in a handover", () => {
  const GRANT = { type: "takeover-granted", reload: undefined, ended: [] } as const;

  test("the predecessor says who leads, and who has not said that it has resigned", () => {
    const server = led({ workers: 3 });
    alive(server.pass(FREE_MS).send(asks(1)), 1, 100).handOver();
    server.send({ type: "successor-started", pid: 70 });
    server.send({ type: "successor-said-hello", protocols: [1] });
    expect(server.takeOnly("offer")[0]?.inventory.workers).toEqual([
      { worker: 0, slot: 0, wantsLead: true },
      { worker: 1, slot: 1, wantsLead: true },
      { worker: 2, slot: 2, wantsLead: true },
    ]);
    server.send({ type: "successor-claimed" });
    expect(server.takeOnly("grant")).toEqual([
      { type: "grant", ended: [], reload: undefined, leadership: { leader: 1, silent: [0] } },
    ]);
    server.send(asks(1));
    expect(server.take()).toEqual([]);
  });

  test("the old leader resigns before a new worker leads", () => {
    const server = successor();
    expect(said(server.take())).toEqual([]);
    server.send({ ...GRANT, leadership: { leader: 9, silent: [] } });
    expect(said(server.take())).toEqual(["resign 9"]);
    server.send(resigned(9));
    expect(said(server.take())).toEqual(["lead 20"]);
  });

  test("one that leads by a predecessor's lease goes on if the old workers serve on", () => {
    const server = successor().crash(20).crash(21);
    server.send({ ...GRANT, leadership: { leader: 8, silent: [9] } });
    server.send(asks(8));
    expect(said(server.take())).toEqual(["lease 8"]);
    server.crash(8);
    expect(said(server.take())).toEqual([]);
  });

  test("a predecessor that knows of no leader has none", () => {
    const server = successor().send(GRANT);
    expect(said(server.take())).toEqual(["lead 20"]);
  });

  test("when the predecessor has died, the lease that it may have given is waited for", () => {
    const server = successor();
    server.send({ type: "predecessor-ended", pid: 76, workers: [8, 9], ended: [] });
    expect(said(server.take())).toEqual([]);
    server.pass(FREE_MS);
    expect(said(server.take())).toEqual(["lead 20"]);
  });
});
