// Where the code of an app asks for the folder that it is in. In an executable the answer is of no
// use: `__dirname` is the folder of the sources on the machine that has built it, and `import.meta`
// names a place inside the executable, where no files are. So what an app finds by it, such as
// `express.static(join(__dirname, "public"))`, would be missing, and nobody would have said so.
import { readFileSync } from "node:fs";
import { relative } from "node:path";

/** A place in a module that asks for its folder. */
interface Place {
  readonly line: number;
  readonly column: number;
  /** As it is written. */
  readonly asked: string;
}

/** Of more than that, only their number is told. */
const MOST_PLACES = 8;

/** Comments and strings; code may be in a template. */
const TEXTS = /`(?:\\.|[^`\\])*`|\/\*[^]*?\*\/|\/\/.*|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'/g;
const NAMES = /\b__(?:dir|file)name\b|\bimport\.meta\.(?:dir|dirname|path|filename)\b/g;
/** Alone it is mostly for other things, such as `createRequire`. */
const BY_URL = /(?<=\b(?:fileURLToPath|new URL)\([^)]*)\bimport\.meta\.url\b/g;
/** A module that declares such a name itself: what counts is where it has it from. */
const DECLARED = /(?<=\b(?:const|let|var)\s+)__(?:dir|file)name\b/g;
/** A line that asks whether the module is the main one. */
const IS_MAIN = /\bprocess\.argv\b|\brequire\.main\b|\bBun\.main\b/;

/** The places in a module, as far as its text shows them. */
export function placesIn(text: string): Place[] {
  const code = text.replaceAll(TEXTS, (it) => (it.startsWith("`") ? it : it.replaceAll(/./g, " ")));
  const declared = new Set(code.match(DECLARED));
  return code.split("\n").flatMap((line, index) => {
    if (IS_MAIN.test(line)) return [];
    const found = [...line.matchAll(NAMES), ...line.matchAll(BY_URL)];
    return found
      .filter(([asked]) => !declared.has(asked))
      .map(({ 0: asked, index: at }) => ({ line: index + 1, column: at + 1, asked }));
  });
}

/** The package that a module is in; undefined: it is the app's own. */
function packageOf(file: string): string | undefined {
  return /.*\/node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(file)?.[1];
}

/**
 * What to tell whoever builds an app, in lines; none if no module asks for its folder.
 * @param files the app's modules, absolute
 * @param folder what their names are shown relative to
 */
export function ownFolderNotes(files: readonly string[], folder: string): string[] {
  const modules = files
    .map((file) => ({ file, places: placesIn(readFileSync(file, "utf8")) }))
    .filter(({ places }) => places.length > 0);
  const own = modules.filter(({ file }) => packageOf(file) === undefined);
  const lines = own.flatMap(({ file, places }) =>
    places.map(
      ({ line, column, asked }) =>
        `${relative(folder, file)}:${line}:${column}: ${asked} ${meaning(asked)}`,
    ),
  );
  const more = lines.length - MOST_PLACES;
  const packages = new Set(
    modules.map(({ file }) => packageOf(file)).filter((it) => it !== undefined),
  );
  return [
    ...lines.slice(0, MOST_PLACES),
    ...(more > 0 ? [`${more} more places like these`] : []),
    ...(lines.length > 0 ? [REMEDY] : []),
    ...(packages.size > 0 ? [ofPackages([...packages])] : []),
  ];
}

const REMEDY =
  "files that the app finds by that are not in the executable: import a file " +
  'with { type: "file" }, or name it from process.cwd(), which is working_directory, and deploy ' +
  'it there ("pounce help executables")';

function meaning(asked: string): string {
  return asked.startsWith("__")
    ? "is the folder of the sources here, also where the executable runs"
    : "is a place inside the executable, where no files are";
}

function ofPackages(packages: readonly string[]): string {
  const names = packages.toSorted().join(", ");
  return `packages that may look for files beside their own code: ${names}`;
}
