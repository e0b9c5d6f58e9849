// The app that `pounce build` has put into this executable, if any. The code that it writes runs
// before main.ts and leaves the app here; plain pounce has none.

/** An app inside the executable. */
export interface EmbeddedApp {
  /** APP as it was given to `pounce build`, for messages. */
  readonly label: string;
  /** The export to serve; undefined: the default export. */
  readonly exportName: string | undefined;
  /** Whether to call the export to get the app. */
  readonly call: boolean;
  /** The file of its module, beside this executable's own. */
  readonly main: string;
  /** Evaluates the app's module. Only workers do. */
  readonly load: () => Promise<Record<string, unknown>>;
}

/** Where it is left: a registered symbol, because the two sides are compiled separately. */
export const EMBEDDED_APP_KEY = "pounce.embedded-app";

export function embeddedApp(): EmbeddedApp | undefined {
  const found: unknown = Reflect.get(globalThis, Symbol.for(EMBEDDED_APP_KEY));
  return found as EmbeddedApp | undefined;
}
