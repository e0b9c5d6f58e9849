// What happens when the app throws outside a request and does not catch it.
import { contextOf } from "../errors/context.ts";
import { errorFields } from "../errors/describe-error.ts";
import { tcpAmong } from "../net/address.ts";
import { portInUse } from "./app/own-ports.ts";
import { Count } from "./app/uncaught.ts";
import { labelOf, reasonOf } from "./load.ts";
import type { Loading } from "./loading.ts";
import type { AllInFlight } from "./requests/in-flight.ts";
import type { Servers } from "./serve/servers.ts";
import type { ToMaster } from "./to-master.ts";

export class UncaughtErrors {
  #last = "";
  readonly #count = new Count((times) =>
    this.master.send({ type: "uncaught", error: this.#last, times }),
  );

  /** @param exit ends the process with a failure */
  constructor(
    readonly master: ToMaster,
    readonly exit: () => void,
  ) {}

  /**
   * Before the worker is ready, such an error is the reason why it cannot start.
   * @param inFlight its requests, if it serves
   */
  take<S extends Servers>(
    error: unknown,
    loading: Loading<S>,
    inFlight: AllInFlight | undefined,
  ): void {
    const { settings, log } = loading;
    if (!this.master.isReady) {
      const label = labelOf(settings);
      const told = portInUse(error, label, tcpAmong(settings.addresses)) ?? error;
      const reason = reasonOf(told, `app ${label}, outside a request`);
      return loading.fail({ reason, thrown: told, what: `${label} does not load` });
    }
    const where = contextOf(error);
    const what = where === undefined ? "the app threw outside a request" : `${where} threw`;
    const requests = inFlight?.sweep().map(({ request }) => request) ?? [];
    log.error("uncaught", what, { thrown: error }, { requests });
    if (settings.uncaught === "exit") return this.exit();
    const { name, message } = errorFields(error);
    this.#last = `${name}: ${message}`;
    this.#count.add();
  }
}
