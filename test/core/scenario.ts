// Drives the control loop by hand: events in, effects out, a clock that moves when told to.

import { nextDeadline } from "../../src/core/rules/deadlines.ts";
import type { Effect, EffectOf } from "../../src/core/effects.ts";
import type { Event, EventOf, Supervision } from "../../src/core/events.ts";
import type { Inventory } from "../../src/core/inventory.ts";
import type { Settings } from "../../src/core/settings.ts";
import { initialState, type State } from "../../src/core/state.ts";
import { step } from "../../src/core/step.ts";

export const ADDRESS = "127.0.0.1:8000";
export const VERSION = "0.1.0";
export const OTHER_ADDRESS = "127.0.0.1:9000";

export const SETTINGS: Settings = {
  appLabel: "./app.ts",
  workers: 2,
  reloadTimeoutMs: 30_000,
  startupTimeoutMs: 30_000,
  shutdownTimeoutMs: 20_000,
  shutdownDelayMs: 0,
  maxDraining: 3,
  respawn: {
    maxCrashes: 5,
    windowMs: 60_000,
    backoffMinMs: 500,
    backoffMaxMs: 30_000,
    uncaught: "recycle",
  },
};

/** Of a server that was started from a shell. */
export const UNWATCHED: Supervision = {
  pid: 500,
  parent: "bash",
  isParentFirst: false,
  isUnderSupervisord: false,
  isServiceOfSystemd: false,
  canNotify: false,
};

type EffectType = Effect["type"];

/** More than any test needs: a deadline that stays in the past is a busy loop. */
const MOST_TICKS = 1000;

/** Effects that nothing but the log, the receipts, the metrics and the plans depends on. */
const REMARKS: ReadonlySet<EffectType> = new Set([
  "log",
  "tell-serving",
  "use-config",
  "forget-config",
  "reload-began",
  "reload-drains",
  "reload-steered",
  "reload-undone",
  "reload-ended",
  "worker-crashed",
  "worker-respawned",
  "worker-hung",
  "worker-recycled",
]);

const IDLE = { connections: 0, inFlight: 0, oldest: undefined };

export class Scenario {
  state: State;
  nowMs = 0;
  /** What the configuration file says: answers the next `load-config`. */
  written: Settings;
  /** What is wrong with the configuration file: answers the next `check-config`. */
  invalid: string | undefined;
  /** Where workers that bind from now on listen. */
  addresses: readonly string[] = [ADDRESS];
  /** Whether the app has a use for a leader. */
  wantsLead = false;
  /** Effects since the last `take`. */
  #fresh: Effect[] = [];
  /** Effects that nobody has answered. */
  #unanswered: Effect[] = [];

  constructor(change: Partial<Settings> = {}) {
    this.written = { ...SETTINGS, ...change };
    this.state = initialState(this.written, VERSION);
  }

  send(event: Event): this {
    const { state, effects } = step(this.state, event, this.nowMs);
    this.state = state;
    this.#fresh.push(...effects);
    this.#unanswered.push(...effects);
    return this;
  }

  /** Lets time pass, with a tick at each deadline on the way. */
  pass(ms: number): this {
    const untilMs = this.nowMs + ms;
    for (let ticks = 0; ticks < MOST_TICKS; ticks++) {
      const deadlineMs = nextDeadline(this.state);
      if (deadlineMs === undefined || deadlineMs > untilMs) {
        this.nowMs = untilMs;
        return this;
      }
      this.nowMs = Math.max(this.nowMs, deadlineMs);
      this.send({ type: "tick" });
    }
    throw new Error(`ticks follow each other without end at ${this.nowMs} ms`);
  }

  /** Lets workers and the shell do what effects of these types ask for, until all is done. */
  obey(...types: readonly EffectType[]): this {
    for (;;) {
      const at = this.#unanswered.findIndex((effect) => types.includes(effect.type));
      if (at < 0) return this;
      const [effect] = this.#unanswered.splice(at, 1);
      for (const event of this.#answers(effect as Effect)) this.send(event);
    }
  }

  #answers(effect: Effect): Event[] {
    switch (effect.type) {
      case "load-config":
        return [loaded(effect.generation, this.written)];
      case "check-config": {
        const { generation } = effect;
        return [{ type: "config-checked", generation, problem: this.invalid }];
      }
      case "spawn":
        return [
          started(effect.worker),
          {
            type: "worker-loaded",
            worker: effect.worker,
            ...(this.wantsLead && { wantsLead: true }),
          },
        ];
      case "bind":
        return [
          { type: "worker-bound", worker: effect.worker, addresses: this.addresses },
          { type: "worker-ready", worker: effect.worker },
        ];
      case "drain":
        return [{ type: "worker-idle", worker: effect.worker }];
      case "release-listener":
        return [{ type: "listener-released", worker: effect.worker, address: effect.address }];
      case "force":
        return [
          { type: "worker-forced", worker: effect.worker, unfinished: IDLE },
          { type: "worker-exited", worker: effect.worker, how: "exit code 0" },
        ];
      case "stop":
        return [{ type: "worker-exited", worker: effect.worker, how: "exit code 0" }];
      case "kill":
        return [{ type: "worker-exited", worker: effect.worker, how: "signal SIGKILL" }];
      default:
        return [];
    }
  }

  /** The effects since the last call. */
  take(): Effect[] {
    return this.#fresh.splice(0);
  }

  /** As `take`, without what is only said, and who goes by which configuration. */
  takeDeeds(): Effect[] {
    return this.take().filter(({ type }) => !REMARKS.has(type));
  }

  /** The effects of one type since the last call; the others are dropped. */
  takeOnly<T extends EffectType>(type: T): EffectOf<T>[] {
    return this.take().filter((effect): effect is EffectOf<T> => effect.type === type);
  }

  /** The log since the last call, as the text format writes it. */
  takeLog(): string[] {
    return this.takeOnly("log").map(({ level, message }) => `[${level.toUpperCase()}] ${message}`);
  }

  reload(): this {
    return this.send({ type: "reload-requested", by: "SIGHUP" });
  }

  stop(mode: "graceful" | "impatient" | "now"): this {
    const signal = { graceful: "SIGTERM", impatient: "SIGINT", now: "SIGQUIT" }[mode];
    return this.send({ type: "stop-requested", mode, signal });
  }

  scale(by: 1 | -1): this {
    const [to, signal] =
      by > 0 ? (["one-more", "SIGTTIN"] as const) : (["one-fewer", "SIGTTOU"] as const);
    return this.send({ type: "scale-requested", to, by: signal });
  }

  handOver(): this {
    return this.send({ type: "handover-requested", by: "SIGUSR2", supervision: UNWATCHED });
  }

  crash(worker: number): this {
    return this.send({ type: "worker-exited", worker, how: "signal SIGSEGV" });
  }

  /** The phases of all workers, as `0:ready 1:binding`. */
  get phases(): string {
    return [...this.state.workers.values()].map(({ id, phase }) => `${id}:${phase.name}`).join(" ");
  }
}

/** What brings up a whole generation. */
export const START: readonly EffectType[] = ["load-config", "spawn", "bind"];
/** What ends workers that are asked to. */
export const END: readonly EffectType[] = ["drain", "release-listener", "stop", "force", "kill"];

/** A server that serves generation 0, with nothing said that has not been taken. */
export function serving(change: Partial<Settings> = {}): Scenario {
  const scenario = new Scenario(change);
  scenario.send({ type: "tick" }).obey(...START);
  scenario.take();
  return scenario;
}

/** The same after a reload: generation 1 takes all new connections, and generation 0 drains. */
export function steered(change: Partial<Settings> = {}): Scenario {
  return serving(change)
    .reload()
    .obey(...START);
}

/** How a worker is told to drain at a stop. */
export const drainToStop = (worker: number, closeIdle: boolean, timeoutMs = 20_000) =>
  ({ type: "drain", worker, reason: "stop", timeoutMs, closeIdle }) as const;

/** What a successor is offered: two workers, the second of them first in the kernel's array. */
export const INVENTORY: Inventory = {
  generation: 4,
  nextGeneration: 7,
  nextWorker: 20,
  steering: "kernel",
  workers: [
    { worker: 8, slot: 0 },
    { worker: 9, slot: 1 },
  ],
  groups: [{ address: ADDRESS, members: [9, 8] }],
};

/** The addresses that the log says are listened on. */
export function listeningIn(effects: readonly Effect[]): unknown[] {
  return effects.flatMap((effect) =>
    effect.type === "log" && effect.event === "listening" ? [effect.fields?.["address"]] : [],
  );
}

/** The configuration has been read for a generation. */
export function loaded(generation: number, settings: Settings): EventOf<"config-loaded"> {
  return { type: "config-loaded", generation, settings, warnings: [] };
}

/** A worker of the given version has been started. */
export function started(
  worker: number,
  version: string | undefined = VERSION,
): EventOf<"worker-started"> {
  return { type: "worker-started", worker, version, executable: "/usr/bin/pounce" };
}
