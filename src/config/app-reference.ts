// Reads APP as it is written: `./app.ts`, `myapp:app`, `./app.ts:createApp()`. Touches no file.

interface AppReference {
  /** The module, as given: a path or the name of a package or file. */
  readonly module: string;
  /** The export to serve; undefined: the default export. */
  readonly exportName: string | undefined;
  /** True when the export is a factory, to be called without arguments and awaited. */
  readonly call: boolean;
}

type ParsedAppReference =
  ({ readonly ok: true } & AppReference) | { readonly ok: false; readonly error: string };

/** An export's name: any identifier, reserved words included, since `default` is one. */
const EXPORT = /^(?<name>[\p{ID_Start}$_][\p{ID_Continue}$\u200c\u200d]*)(?<call>\(\))?$/u;

/** A text after a colon that can only be the rest of a path: folders follow, or a file's ending. */
const REST_OF_PATH = /\/|\.[cm]?[jt]sx?$/;

/**
 * Splits APP into its module and its export. The last colon divides them, unless what follows it
 * is the rest of a path (`./a:b/app.ts`, `./we:ird.ts`).
 *
 * @returns the parts, or what is wrong in a few words, which do not repeat the whole APP.
 */
export function parseAppReference(app: string): ParsedAppReference {
  const colon = app.lastIndexOf(":");
  const after = app.slice(colon + 1);
  if (colon === -1 || REST_OF_PATH.test(after)) {
    return app === ""
      ? { ok: false, error: "it names no module" }
      : { ok: true, module: app, exportName: undefined, call: false };
  }
  const module = app.slice(0, colon);
  if (module === "") return { ok: false, error: 'there is no module before ":"' };
  const parts = EXPORT.exec(after)?.groups;
  if (parts?.name === undefined) {
    return {
      ok: false,
      error: `"${after}" is neither the name of an export nor a call without arguments`,
    };
  }
  return { ok: true, module, exportName: parts.name, call: parts.call !== undefined };
}
