// Pure: which changes each version of the app was made for, and the one line that says what has
// become of it.

/** A file that has changed, and when it was saved, on a clock that never goes back. */
export interface Change {
  readonly path: string;
  readonly savedMs: number;
}

export interface Line {
  readonly level: "info" | "error";
  readonly event: "change-served" | "change-failed" | "still-loading";
  readonly message: string;
  readonly fields: { readonly generation: number; readonly files?: readonly string[] };
}

/** What has become of a version. */
export type Outcome =
  | { readonly name: "serves" }
  /** The app does not load: a page that says why serves in its place. */
  | { readonly name: "shows-error" }
  /** `serving`: the generation that goes on serving; undefined: none does. */
  | { readonly name: "rejected"; readonly serving: number | undefined };

/** What the last version was, and what the next one will be for. */
export class Versions {
  /** The changes that no version has been made for. */
  #waiting = new Map<string, Change>();
  #causes = new Map<number, { readonly changes: readonly Change[]; readonly by: string }>();
  #isBroken = false;

  /** @param shown how a path is shown */
  constructor(readonly shown: (path: string) => string) {}

  /** The last version failed, in whatever way. */
  get isBroken(): boolean {
    return this.#isBroken;
  }

  /** Files have changed. Returns who asks for a reload, in words. */
  add(changes: readonly Change[]): string {
    for (const change of changes) {
      const before = this.#waiting.get(change.path);
      this.#waiting.set(change.path, before ?? change);
    }
    return `a change of ${this.#files([...this.#waiting.keys()])}`;
  }

  /** A reload begins, for all that has changed by now. @param by who asked for it */
  begin(generation: number, by: string): void {
    this.#causes.set(generation, { changes: [...this.#waiting.values()], by });
    this.#waiting = new Map();
  }

  /** What to say of a version that has been loading for `ms`. */
  slow(generation: number, ms: number): Line {
    const { changes = [], by } = this.#causes.get(generation) ?? {};
    const paths = changes.map(({ path }) => path);
    const what = paths.length === 0 ? (by ?? "The start") : `${this.#files(paths)} changed`;
    const message = `${what}: still loading after ${ms / 1000} s`;
    const fields = { generation, files: paths.map((path) => this.shown(path)) };
    return { level: "info", event: "still-loading", message, fields };
  }

  /** What to say of a version; undefined: it is the first, or that has been said. */
  end(generation: number, outcome: Outcome, nowMs: number): Line | undefined {
    const wasBroken = this.#isBroken;
    this.#isBroken = outcome.name !== "serves";
    const cause = this.#causes.get(generation);
    this.#causes.delete(generation);
    if (cause === undefined) {
      return outcome.name === "rejected" ? neverServed(generation) : undefined;
    }
    const { changes, by } = cause;
    const paths = changes.map(({ path }) => path);
    const what = paths.length === 0 ? by : `${this.#files(paths)} changed`;
    const firstMs = Math.min(...changes.map(({ savedMs }) => savedMs));
    const after = paths.length === 0 ? "" : `, ${Math.round(nowMs - firstMs)} ms after the save`;
    const fields = { generation, files: paths.map((path) => this.shown(path)) };
    const now = `generation ${generation} serves`;
    switch (outcome.name) {
      case "serves": {
        const message = `${what}: ${wasBroken ? "mended, " : ""}${now}${after}`;
        return { level: "info", event: "change-served", message, fields };
      }
      case "shows-error": {
        const message = `${what}: ${now} the error page${after}`;
        return { level: "error", event: "change-failed", message, fields };
      }
      case "rejected": {
        const { serving } = outcome;
        const still =
          serving === undefined ? "nothing serves" : `generation ${serving} still serves`;
        const message = `${what}: the new version does not start, ${still}`;
        return { level: "error", event: "change-failed", message, fields };
      }
    }
  }

  #files(paths: readonly string[]): string {
    const [first = "", second = ""] = paths.map((path) => this.shown(path));
    if (paths.length < 2) return first;
    return paths.length === 2 ? `${first} and ${second}` : `${first} and ${paths.length - 1} more`;
  }
}

function neverServed(generation: number): Line {
  const message = "The app does not start: waiting for a change that mends it";
  return { level: "error", event: "change-failed", message, fields: { generation } };
}
