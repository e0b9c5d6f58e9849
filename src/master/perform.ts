// The effects that the core asks for (core/effects.ts), performed: each in one line or one
// function.
import type { MetricsServer } from "../admin/metrics-server.ts";
import type { LoadInput } from "../config/load.ts";
import type { Program } from "../core/moves/accept-group.ts";
import type { Effect } from "../core/effects.ts";
import type { Event } from "../core/events.ts";
import { formatDuration, message as words } from "../core/messages.ts";
import type { Logger } from "../log/logger.ts";
import { releaseCodePages } from "../os/code-pages.ts";
import { version } from "../version.ts";
import type { Handover } from "./handover/handover.ts";
import type { Listeners } from "./workers/listeners.ts";
import { makePlan, type PlanResult } from "./plan/plan.ts";
import type { Plans } from "./plan/plans.ts";
import type { Succession } from "./handover/succession.ts";
import type { Workers } from "./workers/workers.ts";

/** What effects act on. */
export interface EffectTargets {
  readonly dispatch: (event: Event) => void;
  readonly input: LoadInput;
  readonly plans: Plans;
  readonly workers: Workers;
  readonly listeners: Listeners;
  readonly metricsServer: MetricsServer;
  readonly handover: Handover;
  readonly logger: Logger;
  readonly succession: Succession;
  /** Ends the server. */
  readonly finish: (code: number) => void;
}

/**
 * How long a configuration may take to be read and checked: the name of a host is looked up for it.
 */
const PLAN_MS = 30_000;
const TOO_SLOW: PlanResult = {
  ok: false,
  cause: "config",
  errors: [`the configuration was not read within ${formatDuration(PLAN_MS)}`],
};

type EffectOf<T extends Effect["type"]> = Extract<Effect, { readonly type: T }>;

export class Performer {
  constructor(readonly targets: EffectTargets) {}

  /**
   * Performs one. Some take their time, and resolve when it is done. Throws, or rejects, where it
   * fails.
   */
  perform(effect: Effect): void | Promise<void> {
    const { workers, listeners, plans, logger, handover, succession } = this.targets;
    switch (effect.type) {
      case "log":
        return logger.log(effect.level, effect.event, effect.message, effect.fields);
      case "load-config":
        return this.#loadConfig(effect);
      case "use-config":
        return this.#useConfig(effect.generation);
      case "forget-config":
        return plans.forget(effect.generation);
      case "tell-serving":
        return this.#tellServing(effect);
      case "spawn":
        return workers.spawn(effect);
      case "bind":
        return workers.bind(effect.worker);
      case "steer":
        return listeners.steer(effect.address, effect.program);
      case "probe-steering":
        return this.#probeSteering(effect.address, effect.program);
      case "close-listener":
        return listeners.close(effect.address, effect.worker, effect);
      case "quiet-listener":
        return listeners.quiet(effect.address, effect.worker);
      case "release-listener":
        return workers.send(effect.worker, { type: "release", address: effect.address });
      case "drain": {
        const { worker, type, reason, timeoutMs, closeIdle } = effect;
        return workers.send(worker, { type, reason, timeoutMs, closeIdle });
      }
      case "stop":
      case "force":
        return workers.send(effect.worker, { type: effect.type });
      case "kill":
        return workers.kill(effect.worker);
      case "announce-stop":
        listeners.willStop();
        return workers.setHealth(true);
      case "reload-ended":
        return releaseCodePages();
      case "reload-began":
      case "reload-steered":
      case "worker-crashed":
      case "worker-respawned":
        // For the receipts and the metrics alone, see reports/.
        return;
      case "hand-over":
        return handover.begin();
      case "abort-handover":
        return handover.fail(effect.reason, effect.atOnce);
      case "grant":
        return handover.grant();
      case "reserve-number":
        return succession.predecessor?.send({ type: "spawned", worker: effect.worker });
      case "claim":
        return succession.predecessor?.send({ type: "claim" });
      case "taken-over":
        return this.#takenOver(effect.addresses);
      case "exit":
        this.targets.metricsServer.close();
        return this.targets.finish(effect.code);
      default:
        effect satisfies never;
    }
  }

  /** The log is written, and metrics are, where the generation that serves has them. */
  #useConfig(generation: number): void {
    const { logger, metricsServer, plans } = this.targets;
    const { config, metrics } = plans.of(generation);
    logger.use(config.log);
    metricsServer.use(metrics);
  }

  async #loadConfig({ generation, held }: EffectOf<"load-config">): Promise<void> {
    const { input, logger, dispatch, metricsServer, plans } = this.targets;
    const addresses = [...held, ...metricsServer.addresses];
    const result = await Promise.race([
      makePlan(input, { port: plans.port, addresses }),
      Bun.sleep(PLAN_MS).then(() => TOO_SLOW),
    ]);
    if (!result.ok) {
      dispatch({ type: "config-rejected", reason: result.errors.join("\n") });
      return;
    }
    for (const warning of result.warnings) logger.log("warn", "config-warning", warning);
    plans.put(generation, result.plan);
    dispatch({ type: "config-loaded", settings: result.plan.settings });
  }

  /** For whoever reads a log much later: which version of pounce serves what, and who. */
  #tellServing({ generation, app, workers }: EffectOf<"tell-serving">): void {
    const { logger, plans } = this.targets;
    const { pid } = process;
    const config = plans.of(generation).config.file;
    const about = { version, pid, app, workers, config, bun: Bun.version };
    logger.log("info", "serving", words.serves(version, pid, app, workers), about);
  }

  #probeSteering(address: string, program: Program): void {
    const { listeners, dispatch } = this.targets;
    const problem = listeners.steeringProblem(address, program);
    if (problem === undefined) dispatch({ type: "steering-works" });
  }

  #takenOver(addresses: readonly string[]): void {
    const { logger, succession, workers } = this.targets;
    const pid = succession.predecessor?.pid ?? 0;
    // The old master may have been asked to open them anew meanwhile.
    logger.refresh();
    workers.sendAll({ type: "reopen-log" });
    logger.log("info", "took-over", words.tookOver(pid, addresses), { pid });
    succession.onServer();
  }
}
