// What the shell makes of a successor's messages and of the core's effects: nothing is decided in
// it.
import { expect, test } from "bun:test";
import type { Event } from "../../../src/core/events.ts";
import type { FromPredecessor, FromSuccessor } from "../../../src/ipc/handover-messages.ts";
import { Handover } from "../../../src/master/handover/handover.ts";
import type { SuccessorCallbacks } from "../../../src/master/surroundings.ts";
import { SystemError } from "../../../src/os/libc.ts";

const ADDRESS = "127.0.0.1:8000";
const COUNTED = { layout: "", page: [], server: {} } as never;

/** A predecessor with two workers, and a successor that only keeps what it is told. */
class Scene {
  readonly events: Event[] = [];
  readonly calls: unknown[][] = [];
  readonly sent: FromPredecessor[] = [];
  #callbacks: SuccessorCallbacks | undefined;
  #onListenersFailed: (error: unknown) => void = () => undefined;
  readonly handover: Handover;

  constructor(refusal?: Error) {
    const noted =
      (name: string) =>
      (...args: unknown[]): void => {
        this.calls.push([name, ...args]);
      };
    this.handover = new Handover({
      surroundings: {
        executables: { path: "/pounce", of: () => "/pounce", forget: noted("forget") },
        startSuccessor: (callbacks) => {
          if (refusal !== undefined) throw refusal;
          this.#callbacks = callbacks;
          return {
            pid: 77,
            send: (message) => void this.sent.push(message),
            sendListeners: (descriptors, failed) => {
              this.calls.push(["sendListeners", descriptors]);
              this.#onListenersFailed = failed;
            },
            stop: noted("stop"),
            kill: noted("kill"),
            dispose: noted("dispose"),
          };
        },
      },
      dispatch: (event) => void this.events.push(event),
      workers: {
        processes: new Map([[1, { pid: 501, startedMs: 0 }]]),
        passOn: noted("passOn"),
        relay: noted("relay"),
      },
      listeners: {
        descriptorOf: (address, worker) => Number(address.endsWith("8000")) * 10 + worker,
        sharedBy: () => [],
        closeAll: noted("closeAll"),
      },
      metrics: { handOver: () => COUNTED },
      port: () => 8000,
      held: () => ["127.0.0.1:9090"],
      uid: () => 33,
      onReopen: noted("reopen"),
      onHandedOver: noted("handedOver"),
    });
  }

  says(message: FromSuccessor): void {
    this.#callbacks?.onMessage(message);
  }

  get callbacks(): SuccessorCallbacks {
    if (this.#callbacks === undefined) throw new Error("it has not been started");
    return this.#callbacks;
  }

  failToSend(error: unknown): void {
    this.#onListenersFailed(error);
  }
}

function started(): Scene {
  const scene = new Scene();
  scene.handover.start();
  return scene;
}

const INVENTORY = {
  generation: 0,
  nextGeneration: 1,
  nextWorker: 3,
  steering: "kernel",
  workers: [{ worker: 1, slot: 0 }],
  groups: [{ address: ADDRESS, members: [2, 1] }],
} as const;

test("what a successor says, and what becomes of it, are events", () => {
  const scene = started();
  scene.says({ type: "hello", protocols: [1, 2] });
  scene.says({ type: "spawned", worker: 5 });
  scene.says({ type: "claim" });
  scene.says({ type: "failed", reason: "no such file" });
  scene.callbacks.onExit("exit code 1");
  scene.callbacks.onGone();
  expect(scene.events).toEqual([
    { type: "successor-started", pid: 77 },
    { type: "successor-said-hello", protocols: [1, 2] },
    { type: "successor-spawned", number: 5 },
    { type: "successor-claimed" },
    { type: "successor-failed", reason: "no such file" },
    { type: "successor-exited", how: "exit code 1" },
    { type: "successor-gone" },
  ]);
});

test("a successor that cannot be started is an event too, which names the executable", () => {
  const scene = new Scene(new SystemError("posix_spawn", "EACCES"));
  scene.handover.start();
  expect(scene.events).toEqual([
    { type: "successor-not-started", reason: "Cannot start /pounce: posix_spawn: EACCES" },
  ]);
});

test("an offer has the processes and other addresses with it, and the listeners in its order", () => {
  const scene = started();
  scene.handover.offer({ type: "offer", protocol: 1, inventory: INVENTORY });
  expect(scene.sent).toEqual([
    {
      type: "offer",
      protocol: 1,
      estate: INVENTORY,
      pids: [{ worker: 1, pid: 501 }],
      port: 8000,
      inherited: [],
      own: [],
      held: ["127.0.0.1:9090"],
      uid: 33,
    },
  ]);
  expect(scene.calls).toEqual([["sendListeners", [12, 11]]]);
  scene.failToSend(new SystemError("sendmsg", "EBADF"));
  expect(scene.events.at(-1)).toEqual({
    type: "successor-failed",
    reason: "The new master got no listeners: sendmsg: EBADF",
  });
});

test("a grant comes after the service manager has heard of it, and before listeners are closed", () => {
  const scene = started();
  scene.handover.grant({ type: "grant", ended: [2], full: [1], stalled: [0], reload: undefined });
  const granted = {
    type: "granted",
    ended: [2],
    full: [1],
    stalled: [0],
    reload: null,
    counted: COUNTED,
  };
  expect(scene.sent).toEqual([granted] as never);
  expect(scene.calls.map(([name]) => name)).toEqual(["handedOver", "closeAll", "relay"]);
});

test("what is for a worker is passed on, and a log that is to be opened again is this one's too", () => {
  const scene = started();
  scene.says({ type: "to-worker", worker: 1, message: { type: "stop" } });
  scene.says({ type: "to-worker", worker: 1, message: { type: "reopen-log" } });
  expect(scene.calls).toEqual([
    ["passOn", 1, { type: "stop" }],
    ["reopen"],
    ["passOn", 1, { type: "reopen-log" }],
  ]);
});

test("a successor that is forgotten is asked for nothing more", () => {
  const scene = started();
  scene.handover.stop();
  scene.handover.kill();
  scene.handover.forget();
  scene.handover.kill();
  expect(scene.calls).toEqual([["stop"], ["kill"], ["dispose"]]);
});
