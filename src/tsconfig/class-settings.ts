// What an app's tsconfig.json says of its classes: `experimentalDecorators`,
// `emitDecoratorMetadata` and `useDefineForClassFields: false`.
//
// In a compiled executable Bun heeds what such a file says of JSX and of paths, and nothing of
// these three. So files that they concern are compiled here, see compile-file.ts. An app whose
// tsconfig.json asks for none of them pays for the reading of that file, and no more.
import { readFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { compileFile, type Loader } from "./compile-file.ts";
import { configIn } from "./start-folder.ts";

/** What the classes of an app need that Bun does not give them by itself. */
export interface ClassSettings {
  /** Decorators as TypeScript had them before the standard did. */
  readonly decorators: boolean;
  /** A field that is only declared is not defined. */
  readonly undefinedFields: boolean;
  /** JSX is compiled as for production, whatever NODE_ENV is: `"jsx": "react-jsx"`. */
  readonly plainJsx: boolean;
}

const DECORATORS = /"(experimentalDecorators|emitDecoratorMetadata)"\s*:\s*true/;
const UNDEFINED_FIELDS = /"useDefineForClassFields"\s*:\s*false/;
const EXTENDS = /"extends"\s*:\s*"([^"]*)"/;
const JSX = /"jsx"\s*:\s*"([^"]*)"/;

/**
 * What a configuration file and those that it extends ask for. It decides only which files are
 * compiled here: the compiler reads the settings themselves. So one that is found in a comment
 * costs a millisecond for each file, and does no harm.
 */
export function classSettings(config: string): ClassSettings {
  const texts = new Map<string, string>();
  for (let file: string | undefined = config; file !== undefined && !texts.has(file);) {
    const text = textOf(file);
    texts.set(file, text);
    // Bun follows a path, and neither a list of them nor the name of a package.
    const base: string | undefined = EXTENDS.exec(text)?.[1];
    file = base === undefined ? undefined : resolve(dirname(file), base);
  }
  const whole = [...texts.values()].join("\n");
  return {
    decorators: DECORATORS.test(whole),
    undefinedFields: UNDEFINED_FIELDS.test(whole),
    // The file itself comes first, then what it extends.
    plainJsx: JSX.exec(whole)?.[1] === "react-jsx",
  };
}

/** Of a file that cannot be read, as of one that is not there, Bun heeds nothing. */
function textOf(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "";
  }
}

/** What begins with "@", in a line that is not all comment. */
const DECORATOR = /^(?![ \t]*(?:\*(?!\/)|\/\/)).*?(?:^|[\s(,;{}/])@[\p{ID_Start}$_(]/mu;

/**
 * Whether the settings concern anything in a file: may be true without need, never false with it.
 */
export function isConcerned(source: string, settings: ClassSettings): boolean {
  if (settings.decorators && DECORATOR.test(source)) return true;
  return settings.undefinedFields && /\bclass\b/.test(source);
}

/**
 * Has classes of this process be as the configuration file in `folder` says, if it says anything of
 * them.
 */
export function heedClassSettings(folder: string): void {
  const config = configIn(folder);
  const settings = config === undefined ? undefined : classSettings(config);
  if (config === undefined || settings === undefined) return;
  if (!settings.decorators && !settings.undefinedFields) return;
  Bun.plugin({
    name: "class settings of tsconfig.json",
    setup(build) {
      build.onLoad({ filter: /\.[cm]?tsx?$/ }, ({ path }) => {
        const source = readFileSync(path, "utf8");
        const loader: Loader = path.endsWith("x") ? "tsx" : "ts";
        if (!isConcerned(source, settings)) return { contents: source, loader };
        return compileFile({ path, source, loader, config, plainJsx: settings.plainJsx });
      });
    },
  });
}
