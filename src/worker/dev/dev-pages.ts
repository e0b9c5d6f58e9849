// What `pounce dev` adds to a worker: errors of the app are shown to whoever asks, in place of a
// 500 without details, and an app that does not load is served by the page that says why.
import type { LoadMessage } from "../../ipc/messages.ts";
import { type ErrorReport, onlyTitle, reportError } from "../../errors/report-error.ts";
import { AppError } from "../app/app-error.ts";
import type { App } from "../app/app.ts";
import type { AppFault } from "../handle/app-errors.ts";
import type { Fetch } from "../http/layer.ts";
import { pathOf } from "../http/target.ts";
import { NodeRequest } from "../requests/node-request.ts";
import { errorAnswer } from "./error-answer.ts";
import { EVENTS_PATH, EventStreams } from "./event-streams.ts";
import type { Story } from "./story.ts";

export class DevPages {
  readonly #streams: EventStreams;
  readonly #common: Pick<Story, "version" | "folder">;

  constructor({ app, generation, master, folder }: LoadMessage) {
    const id = `${master}.${generation}`;
    const version = { id, generation, app: app.label ?? "the built-in demo" };
    this.#common = { version, folder };
    this.#streams = new EventStreams(id);
  }

  /** What is served beside the app, by path. */
  get routes(): Readonly<Record<string, Fetch>> {
    return { [EVENTS_PATH]: () => this.#streams.answer() };
  }

  /** The app; when its drain begins, the browsers that wait for the next version are told. */
  watched(app: App): App {
    const shutdown: App["shutdown"] = (context) => {
      this.#streams.end();
      return app.shutdown?.(context);
    };
    return { ...app, shutdown };
  }

  /**
   * What serves in place of an app that does not load.
   * @param what has happened, as in `./app.ts does not load`
   * @param remedy what to do, if the error itself does not say it
   */
  unloaded(thrown: unknown, what: string, remedy?: string): App {
    const report = {
      ...(thrown instanceof AppError ? onlyTitle(this.#ownWords(thrown)) : reportError(thrown)),
      ...(remedy === undefined ? {} : { remedy }),
    };
    const fetch: Fetch = (request) =>
      errorAnswer(request, this.#story(what, report, request.method));
    const none = {
      options: {},
      startup: undefined,
      shutdown: undefined,
      leader: undefined,
      notes: [],
    };
    return this.watched({ ...none, fetch, file: "", shape: "an error page" });
  }

  /** An error of pounce begins with the name of the app, which the page says anyway. */
  #ownWords({ message }: AppError): string {
    const name = `app ${this.#common.version.app}: `;
    return message.startsWith(name) ? message.slice(name.length) : message;
  }

  #story(what: string, report: ErrorReport, method: string): Story {
    return { ...this.#common, what, report, method };
  }

  /** The answer to a request that the app has failed at; undefined: it is not known which. */
  answer({ what, detail, request }: AppFault): Response | undefined {
    if (request === undefined || request instanceof NodeRequest) return undefined;
    const { method } = request;
    const asked = `${method} ${pathOf(request)}`;
    return errorAnswer(
      request,
      "thrown" in detail
        ? this.#story(`${asked}: ${what}`, reportError(detail.thrown), method)
        : this.#story(asked, { ...onlyTitle(what), remedy: detail.remedy }, method),
    );
  }
}
