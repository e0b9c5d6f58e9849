// The predecessor as its successor hears of it: an offer that comes or does not, the grant, its
// end.
import { expect, test } from "bun:test";
import { OFFER_TIMEOUT_MS } from "../../../src/core/arrival.ts";
import type { Event } from "../../../src/core/events.ts";
import type { FromPredecessor, FromSuccessor } from "../../../src/ipc/handover-messages.ts";
import { Predecessor } from "../../../src/master/handover/predecessor.ts";
import type { Clock, PredecessorChannel } from "../../../src/master/surroundings.ts";
import { INVENTORY } from "../../core/scenario.ts";

const OFFER: FromPredecessor = {
  type: "offer",
  protocol: 1,
  estate: INVENTORY,
  pids: [{ worker: 9, pid: 509 }],
  port: null,
  held: [],
};

/** A successor whose predecessor says what it is told to, on a clock that is moved by hand. */
class Scene {
  readonly sent: FromSuccessor[] = [];
  readonly events: Event[] = [];
  readonly listeners: number[] = [];
  readonly known = new Map<number, unknown>();
  problem: string | undefined | "none yet" = "none yet";
  #nowMs = 0;
  #due: { atMs: number; act: () => void }[] = [];
  #hear: (message: FromPredecessor) => void = () => undefined;
  #close: () => void = () => undefined;
  readonly #channel = {
    pid: 76,
    isOpen: true,
    listen: ({ onMessage, onClosed }: Parameters<PredecessorChannel["listen"]>[0]): void => {
      this.#hear = onMessage;
      this.#close = onClosed;
    },
    send: (message: FromSuccessor) => void this.sent.push(message),
    receiveListener: () => this.listeners.shift(),
    closeListeners: () => undefined,
  };
  readonly predecessor: Predecessor;

  constructor() {
    const clock = {
      now: () => this.#nowMs,
      after: (delayMs: number, act: () => void) => {
        this.#due.push({ atMs: this.#nowMs + delayMs, act });
        return () => undefined;
      },
    } as unknown as Clock;
    this.predecessor = new Predecessor(this.#channel, clock);
  }

  says(message: FromPredecessor): void {
    this.#hear(message);
  }

  dies(): void {
    this.#channel.isOpen = false;
    this.#close();
  }

  pass(ms: number): void {
    const untilMs = this.#nowMs + ms;
    for (;;) {
      const next = this.#due.find(({ atMs }) => atMs <= untilMs);
      if (next === undefined) break;
      this.#due = this.#due.filter((it) => it !== next);
      this.#nowMs = Math.max(this.#nowMs, next.atMs);
      next.act();
    }
    this.#nowMs = untilMs;
  }

  open(): this {
    this.predecessor.open((problem) => (this.problem = problem));
    return this;
  }

  adopt(): void {
    this.predecessor.adoptInto({
      surroundings: { otherProcess: () => ({ isRunning: () => true, kill: () => undefined }) },
      workers: {
        adopt: (worker, _generation, process) => void this.known.set(worker, process),
        has: (worker) => this.known.has(worker),
        receive: () => undefined,
        exited: (worker) => void this.known.delete(worker),
      },
      listeners: { adopt: () => undefined, refuseSteering: () => undefined },
      metrics: { takeOver: () => undefined },
      dispatch: (event) => void this.events.push(event),
    });
  }
}

/** All that was offered has come. */
function offered(): Scene {
  const scene = new Scene().open();
  scene.says(OFFER);
  scene.listeners.push(10, 11);
  scene.pass(100);
  return scene;
}

const END = { type: "predecessor-ended", pid: 76, workers: [8, 9], ended: [8] } as const;

test("says hello, and goes on when the offer and every listener have come", () => {
  const scene = new Scene().open();
  expect(scene.sent).toMatchObject([{ type: "hello" }]);
  scene.says(OFFER);
  scene.listeners.push(10);
  scene.pass(100);
  expect(scene.problem).toBe("none yet");
  scene.listeners.push(11);
  scene.pass(100);
  expect(scene.problem).toBeUndefined();
});

test("gives up when nothing is offered in time, or the predecessor ends before it has offered", () => {
  const waiting = new Scene().open();
  waiting.pass(OFFER_TIMEOUT_MS - 100);
  expect(waiting.problem).toBe("none yet");
  waiting.pass(200);
  expect(waiting.problem).toContain("did not offer its listeners");
  const left = new Scene().open();
  left.dies();
  left.pass(100);
  expect(left.problem).toContain("did not offer its listeners");
});

test("hears of a predecessor that ends, and of its workers that had ended before the offer", () => {
  const scene = offered();
  scene.adopt();
  expect([...scene.known.keys()]).toEqual([9]);
  scene.dies();
  expect(scene.events).toEqual([END]);
});

test("hears, once, of a predecessor that has ended while plans were made", () => {
  const scene = offered();
  scene.dies();
  expect(scene.events).toEqual([]);
  scene.adopt();
  scene.dies();
  expect(scene.events).toEqual([END]);
});

test("tells of the grant, and forgets the workers that have ended by then", () => {
  const scene = offered();
  scene.adopt();
  scene.says({ type: "granted", ended: [9], full: [8], stalled: [7], reload: null });
  expect(scene.events).toEqual([
    { type: "takeover-granted", reload: undefined, ended: [9], full: [8], stalled: [7] },
  ]);
  expect(scene.known.size).toBe(0);
});
