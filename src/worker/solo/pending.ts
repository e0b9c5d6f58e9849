// The requests whose handler has not answered. Where nothing can be written past Bun, each promise
// is held here: it becomes a 503 when its time is up, and its answer is marked if the worker has
// released its address before.
import type { Fetch, Layer } from "../http/layer.ts";
import { type DrainFlag, mark } from "../closing/mark.ts";
import { problem } from "../http/problem.ts";

interface Waiting {
  readonly request: Request;
  /** As `performance.now()` gives it. */
  readonly startedMs: number;
  readonly answer: (response: Response | undefined) => void;
}

export class Pending implements Layer {
  readonly #waiting = new Set<Waiting>();

  constructor(readonly flag: DrainFlag) {}

  wrap(handler: Fetch): Fetch {
    const { flag } = this;
    return (request, server) => {
      const result = handler(request, server);
      if (!(result instanceof Promise)) return result;
      const { promise, resolve, reject } = Promise.withResolvers<Response | undefined>();
      const waiting = { request, startedMs: performance.now(), answer: resolve };
      this.#waiting.add(waiting);
      result.then(
        (response) => {
          this.#waiting.delete(waiting);
          resolve(flag.pace === undefined ? response : mark(request, response, flag));
        },
        (error: unknown) => {
          this.#waiting.delete(waiting);
          reject(error);
        },
      );
      return promise;
    };
  }

  /** Answers 503 to each. Returns them. */
  refuseAll(): Waiting[] {
    const all = [...this.#waiting];
    this.#waiting.clear();
    for (const { answer } of all) {
      const response = problem(503);
      response.headers.set("connection", "close");
      answer(response);
    }
    return all;
  }
}
