// What an app's tsconfig.json says about its classes: `experimentalDecorators`,
// `emitDecoratorMetadata` and `useDefineForClassFields: false`.
//
// In a compiled executable Bun obeys such a file's settings for JSX and paths, but ignores these
// three. So files that need them are compiled here, see compile-file.ts. An app whose tsconfig.json
// has none of them only pays for reading that file.
import { readFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { compileFile, type Loader } from "./compile-file.ts";
import { configIn } from "./start-folder.ts";

/** What the classes of an app need and Bun does not give them. */
interface ClassSettings {
  /** Decorators as TypeScript had them before they were standardized. */
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
 * What a configuration file, and those that it extends, ask for. This only decides which files are
 * compiled here: the compiler reads the settings itself. So a setting that is found in a comment
 * costs a millisecond per file, and does no harm.
 */
export function classSettings(config: string): ClassSettings {
  const texts = new Map<string, string>();
  for (let file: string | undefined = config; file !== undefined && !texts.has(file);) {
    const text = textOf(file);
    texts.set(file, text);
    // Bun follows a path, but not a list of paths or the name of a package.
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

/** Bun ignores a file that cannot be read or does not exist. */
function textOf(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "";
  }
}

/** Something that starts with "@", in a line that is not entirely a comment. */
const DECORATOR = /^(?![ \t]*(?:\*(?!\/)|\/\/)).*?(?:^|[\s(,;{}/])@[\p{ID_Start}$_(]/mu;

/** Whether a file needs any of the settings: may say yes needlessly, but never wrongly no. */
export function needsCompiling(source: string, settings: ClassSettings): boolean {
  if (settings.decorators && DECORATOR.test(source)) return true;
  return settings.undefinedFields && /\bclass\b/.test(source);
}

/**
 * Makes the classes of this process obey the configuration file in `folder`, if it says anything
 * about them.
 */
export function applyClassSettings(folder: string): void {
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
        if (!needsCompiling(source, settings)) return { contents: source, loader };
        return compileFile({ path, source, loader, config, plainJsx: settings.plainJsx });
      });
    },
  });
}
