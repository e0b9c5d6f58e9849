// Loads an app for the person who writes it: if it does not load, for whatever reason, the page
// that says why serves in its place, and the browser that waits for it sees the newest version.
import type { LoadMessage } from "../ipc/messages.ts";
import { AppError } from "./app/app-error.ts";
import { DevPages } from "./dev/dev-pages.ts";
import type { Inspector } from "./dev/inspector.ts";
import { labelOf, type LoadContext, type Loaded, type LoadFailure } from "./load.ts";
import { makeServers } from "./make-servers.ts";
import type { Servers } from "./serve/servers.ts";

/** How long before the end of `startup_timeout` the page takes the place of an app. */
const NOTICE_MS = 300;

export class DevLoad<S extends Servers> {
  readonly #pages: DevPages;
  readonly #failed = Promise.withResolvers<LoadFailure>();
  #inspector: Inspector | undefined;
  #phase: "loading" | "loaded" | "failed" = "loading";

  constructor(
    readonly settings: LoadMessage,
    readonly context: Omit<LoadContext<S>, "dev">,
  ) {
    this.#pages = new DevPages(settings);
  }

  /** The page serves in place of the app, or is about to. */
  get hasFailed(): boolean {
    return this.#phase === "failed";
  }

  /** Lets the port of the debugger go, for the next worker. */
  closeDebugger(): void {
    this.#inspector?.close();
  }

  /** Opens the debugger, if that is asked for. It must be open before the app is imported. */
  async #openDebugger(): Promise<void> {
    const { inspect, generation } = this.settings;
    if (inspect === undefined) return;
    const { Inspector } = await import("./dev/inspector.ts");
    const { log } = this.context;
    this.#inspector = new Inspector(inspect, (event, words) => log.info(event, words));
    if (generation > 0) return;
    this.#inspector.announce();
    if (inspect.waits) this.#inspector.wait();
  }

  /** Takes a failure, if the page can still take the app's place; only the first one counts. */
  takes(failure: LoadFailure): boolean {
    if (this.#phase === "loading") {
      this.#phase = "failed";
      this.#failed.resolve(failure);
    }
    return this.#phase === "failed";
  }

  /** @param load loads the app, and waits for what fails a moment later */
  async load(
    load: (context: LoadContext<S>) => Promise<Loaded<S> | LoadFailure>,
  ): Promise<Loaded<S>> {
    const debuggerPort = (): number | undefined => this.#inspector?.port;
    const context = { ...this.context, dev: this.#pages, debuggerPort };
    await this.#openDebugger();
    // It must not keep the app alive, which is over when nothing else does.
    const timer = setTimeout(
      () => this.takes(this.#tooSlow()),
      this.settings.startupTimeoutMs - NOTICE_MS,
    ).unref();
    const loaded = await Promise.race([load(context), this.#failed.promise]);
    clearTimeout(timer);
    if (loaded.ok) {
      this.#phase = "loaded";
      return loaded;
    }
    this.#phase = "failed";
    const { reason, thrown, what, remedy } = loaded;
    const app = this.#pages.unloaded(thrown, what, remedy);
    const servers = await makeServers(app, this.settings, context, reason);
    return { ok: true, app, servers, honoNote: undefined, failure: reason };
  }

  #tooSlow(): LoadFailure {
    const label = labelOf(this.settings);
    const reason =
      `app ${label}: its import or its startup has not ended within ` +
      `${this.settings.startupTimeoutMs / 1000} s (startup_timeout)`;
    return { ok: false, reason, thrown: new AppError(reason), what: `${label} does not load` };
  }
}
