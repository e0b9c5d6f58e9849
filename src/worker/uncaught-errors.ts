// What happens when the app throws outside a request and does not catch it.
import { contextOf } from "../errors/context.ts";
import { errorFields } from "../errors/describe-error.ts";
import type { LoadMessage } from "../ipc/messages.ts";
import { tcpAmong } from "../net/address.ts";
import { portInUse } from "./app/own-ports.ts";
import { Count } from "./app/uncaught.ts";
import { labelOf, type LoadFailure, reasonOf } from "./load.ts";
import type { AllInFlight } from "./requests/in-flight.ts";
import type { ToMaster } from "./to-master.ts";
import type { WorkerLog } from "./worker-log.ts";

interface UncaughtOptions {
  readonly master: ToMaster;
  /** Takes why the worker cannot start. */
  readonly fail: (failure: Omit<LoadFailure, "ok">) => void;
  /** Ends the process with a failure. */
  readonly exit: () => void;
}

export class UncaughtErrors {
  #last = "";
  readonly #count = new Count((times) =>
    this.options.master.send({ type: "uncaught", error: this.#last, times }),
  );

  constructor(readonly options: UncaughtOptions) {}

  /**
   * Before the worker is ready, such an error is the reason why it cannot start.
   * @param inFlight its requests, if it serves
   */
  take(
    error: unknown,
    settings: LoadMessage,
    log: WorkerLog,
    inFlight: AllInFlight | undefined,
  ): void {
    if (!this.options.master.isReady) {
      const label = labelOf(settings);
      const told = portInUse(error, label, tcpAmong(settings.addresses)) ?? error;
      const reason = reasonOf(told, `app ${label}, outside a request`);
      return this.options.fail({ reason, thrown: told, what: `${label} does not load` });
    }
    const where = contextOf(error);
    const what = where === undefined ? "the app threw outside a request" : `${where} threw`;
    const requests = inFlight?.sweep().map(({ request }) => request) ?? [];
    log.error("uncaught", what, { thrown: error }, { requests });
    if (settings.uncaught === "exit") return this.options.exit();
    const { name, message } = errorFields(error);
    this.#last = `${name}: ${message}`;
    this.#count.add();
  }
}
