// The control loop whatever its effects do: what fails becomes an event, and nothing makes it deaf.
import { describe, expect, test } from "bun:test";
import type { Effect } from "../../src/core/effects.ts";
import type { Event } from "../../src/core/events.ts";
import { initialState } from "../../src/core/state.ts";
import { realClock } from "../../src/master/real/clock.ts";
import { ControlLoop } from "../../src/master/loop.ts";
import { SystemError } from "../../src/os/libc.ts";
import { SETTINGS, VERSION } from "../core/scenario.ts";

const TICK: Event = { type: "tick" };
const STEER: Effect = { type: "steer", address: "127.0.0.1:8000", program: [0] };
const GRANT = { type: "grant", ended: [], reload: undefined } as const;
const LOAD: Effect = { type: "load-config", generation: 1, held: [] };
const TELL: Effect = { type: "health", draining: true };

/** A loop whose every tick asks for `effects`; `perform` does them. */
function loopOf(effects: readonly Effect[], perform: (effect: Effect) => void | Promise<void>) {
  const events: Event[] = [];
  const broken: unknown[] = [];
  const errors: unknown[] = [];
  const targets = {
    perform,
    settled: () => undefined,
    onBroken: (error: unknown) => broken.push(error),
    onError: (error: unknown) => errors.push(error),
  };
  const loop = new ControlLoop(
    initialState(SETTINGS, VERSION),
    targets,
    realClock,
    (state, event) => {
      events.push(event);
      return { state, effects: event.type === "tick" ? effects : [] };
    },
  );
  return { loop, events, broken, errors, targets };
}

function nothing(): undefined {}

function refuse(): never {
  throw new SystemError("setsockopt", "ENOMEM");
}

describe("the control loop", () => {
  test("takes an effect that throws for an event, performs those after it, and goes on", () => {
    const done: string[] = [];
    const { loop, events } = loopOf([STEER, TELL], (effect) => {
      if (effect.type === "steer") refuse();
      done.push(effect.type);
    });
    loop.dispatch(TICK);
    const reason = "setsockopt: ENOMEM, the kernel has no memory for it";
    expect(events).toEqual([TICK, { type: "effect-failed", effect: STEER, reason }]);
    loop.dispatch(TICK);
    expect(done).toEqual(["health", "health"]);
  });

  test("hears of an effect that fails later", async () => {
    const { loop, events } = loopOf([LOAD], async () => refuse());
    loop.dispatch(TICK);
    await Bun.sleep(0);
    expect(events.map(({ type }) => type)).toEqual(["tick", "effect-failed"]);
  });

  test("is not stopped by what is called when it has settled", () => {
    const { loop, targets, errors, events } = loopOf([], () => undefined);
    targets.settled = refuse;
    loop.dispatch(TICK);
    loop.dispatch(TICK);
    expect(errors).toHaveLength(2);
    expect(events).toHaveLength(2);
  });

  test("is at an end, and says so once, where the core throws", () => {
    const broken: unknown[] = [];
    const targets = {
      perform: nothing,
      settled: nothing,
      onBroken: (e: unknown) => broken.push(e),
      onError: nothing,
    };
    const loop = new ControlLoop(initialState(SETTINGS, VERSION), targets, realClock, refuse);
    loop.dispatch(TICK);
    loop.dispatch(TICK);
    expect(broken).toHaveLength(1);
  });

  test("is at an end where the server cannot be handed over after all", () => {
    const { loop, broken, events } = loopOf([GRANT, TELL], refuse);
    loop.dispatch(TICK);
    loop.dispatch(TICK);
    expect(broken).toHaveLength(1);
    expect(events).toEqual([TICK]);
  });
});
