// An app that stops its own server: that would close the listener while clients still come, so it
// is ignored, and said once.
import type { AllInFlight } from "../requests/in-flight.ts";
import { untilAnswered } from "../requests/until-answered.ts";
import type { Tell } from "../trouble.ts";

const STOP_IGNORED =
  "the app called stop() or close() on its server; pounce ignores that and decides itself when " +
  "a worker stops listening";

export class StopRefusal {
  #isTold = false;

  constructor(
    readonly tell: Tell,
    readonly inFlight: AllInFlight,
  ) {}

  /** Resolves when a program may take its server for closed. @param force it asks for that now */
  refuse(force: boolean): Promise<void> {
    if (!this.#isTold) this.tell("server-stop-ignored", STOP_IGNORED);
    this.#isTold = true;
    return force ? Promise.resolve() : untilAnswered(this.inFlight);
  }
}
