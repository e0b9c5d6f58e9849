// Answers for the errors of an app: with the app's own `error` if it has one, else with a 500
// without details, and logs the error. One place for all kinds of routes, draining or not.
import { setClose } from "../closing/closing.ts";
import type { Faults } from "./guard.ts";
import type { AllInFlight, Tracked } from "../requests/in-flight.ts";
import { NodeRequest } from "../requests/node-request.ts";
import { isResponse } from "../http/native.ts";
import type { Outcomes } from "../requests/outcome.ts";
import { problem } from "../http/problem.ts";
import { mustEnd } from "./request-check.ts";

/** What an app did wrong, to be logged. */
export interface AppFault {
  /** As in "the app threw". */
  readonly what: string;
  /**
   * What it threw, which may be `undefined`; or, if it threw nothing, what it should do instead.
   */
  readonly detail: { readonly thrown: unknown } | { readonly remedy: string };
  /** The request that was handled; undefined: unknown. */
  readonly request: Tracked | undefined;
}

const THREW = "the app threw";
const EXPECTED = "a handler must return a Response, or a promise of one";
const FORGOTTEN =
  'is a "return" missing? (it may be, only after server.upgrade(request) has returned true)';

type ErrorHandler = (error: unknown) => unknown;
type Answer = Response | Promise<Response>;

interface AppErrorsOptions {
  readonly outcomes: Outcomes;
  readonly inFlight: AllInFlight;
  /** Returns the app's own `error`, if it has one now. */
  readonly handler: () => unknown;
  readonly tell: (fault: AppFault) => void;
  /** Tells the client about it; undefined, or returns undefined: it gets no details. */
  readonly explain: ((fault: AppFault) => Response | undefined) | undefined;
}

export class AppErrors implements Faults {
  readonly outcomes: Outcomes;

  constructor(readonly options: AppErrorsOptions) {
    const { outcomes } = options;
    this.outcomes = outcomes;
  }

  isLive(request: Request): boolean {
    return this.options.inFlight.liveness.requestIP?.(request) != null;
  }

  threw(error: unknown, request: Request | undefined): Answer {
    // Reading the body of a client that has gone fails: that is not the app's fault, and nobody
    // gets the answer.
    if (this.#hasGone(request)) return problem(500);
    const handler = this.options.handler();
    return typeof handler !== "function"
      ? this.#tell({ what: THREW, detail: { thrown: error }, request })
      : this.#ask(handler as ErrorHandler, error, request);
  }

  #hasGone(request: Request | undefined): boolean {
    if (request === undefined) return false;
    if (this.outcomes.isOfLimit(request)) return true;
    return !this.isLive(request) && this.outcomes.noteEnd(request);
  }

  /**
   * The app's framework has answered an error. Returns a better answer, where there is one and the
   * framework takes it.
   */
  answered(error: unknown, request: Tracked | undefined): Response | undefined {
    const isOfNode = request instanceof NodeRequest;
    if (isOfNode ? this.outcomes.isOfLimit(request) : this.#hasGone(request)) return undefined;
    const answer = this.#tell({ what: THREW, detail: { thrown: error }, request });
    return this.options.explain === undefined ? undefined : answer;
  }

  returned(value: unknown, request: Request, where: string): Response {
    const isNothing = value === null || value === undefined;
    const type = typeof value;
    const found = isNothing ? String(value) : type === "object" ? "an object" : `a ${type}`;
    const remedy = value === undefined ? FORGOTTEN : EXPECTED;
    const what = `the app's ${where} returned ${found} instead of a Response`;
    return this.#tell({ what, detail: { remedy }, request });
  }

  /**
   * Bun could not send a response, for example because its body was already used. Bun does not say
   * which request it was.
   */
  unsendable(error: unknown): Answer {
    const request = this.#unsent();
    if (request !== undefined) this.outcomes.note(request, 500);
    const answer = this.threw(error, request);
    // If it is unclear which request it was, it may be any of them.
    const candidates = request === undefined ? this.options.inFlight.sweep() : [{ request }];
    if (!candidates.some((it) => isToEnd(it.request))) return answer;
    return answer instanceof Promise ? answer.then(setClose) : setClose(answer);
  }

  /**
   * The one request that Bun has started to answer without sending anything; `undefined` if
   * unclear.
   */
  #unsent(): Request | undefined {
    const all = this.options.inFlight
      .sweep()
      .flatMap(({ request, result }) =>
        request instanceof NodeRequest ? [] : [{ request, result }],
      );
    const [first, second] = all.filter(({ result }) => {
      const settled: unknown = result instanceof Promise ? Bun.peek(result) : result;
      return isResponse(settled) && (settled.bodyUsed || settled.status === 0);
    });
    return second === undefined ? first?.request : undefined;
  }

  #ask(handler: ErrorHandler, error: unknown, request: Request | undefined): Answer {
    const failed = (second: unknown): Response => {
      this.#tell({ what: THREW, detail: { thrown: error }, request });
      const what = "the app's error handler threw while handling that error";
      return this.#tell({ what, detail: { thrown: second }, request });
    };
    try {
      const answer = handler(error);
      if (isResponse(answer)) return answer;
      return Promise.resolve(answer).then(
        (response) =>
          isResponse(response)
            ? response
            : this.#tell({ what: THREW, detail: { thrown: error }, request }),
        failed,
      );
    } catch (second) {
      return failed(second);
    }
  }

  #tell(fault: AppFault): Response {
    const { tell, explain } = this.options;
    tell(fault);
    return explain?.(fault) ?? problem(500);
  }
}

function isToEnd(request: Tracked): boolean {
  return !(request instanceof NodeRequest) && mustEnd(request);
}
