// Which places in a module ask for the folder that it is in.
import { expect, test } from "bun:test";
import { placesIn } from "../../src/build/own-folders.ts";

test.each<[source: string, found: string[]]>([
  ['app.use(express.static(join(__dirname, "public")));', ["1:29 __dirname"]],
  ["// first\nconst at = `${__dirname}/public`;", ["2:15 __dirname"]],
  [
    "Bun.file(import.meta.dir + 'a'); read(import.meta.path);",
    ["1:10 import.meta.dir", "1:39 import.meta.path"],
  ],
  [
    "x(import.meta.dirname, import.meta.filename)",
    ["1:3 import.meta.dirname", "1:24 import.meta.filename"],
  ],
  ['new URL("./a.txt", import.meta.url)', ["1:20 import.meta.url"]],
  [
    "const __filename = fileURLToPath(import.meta.url);\nconst __dirname = dirname(__filename);\nread(__dirname);",
    ["1:34 import.meta.url"],
  ],
  // None of these asks for it.
  ["const require = createRequire(import.meta.url);", []],
  ["if (process.argv[1] === fileURLToPath(import.meta.url)) listen();", []],
  ["if (process.argv[1] === __filename) listen();", []],
  [
    "// __dirname\n/* import.meta.dir\n*/ say(\"__dirname\", 'import.meta.dir', it.__dirname2);",
    [],
  ],
  ['get("http://a/b"); x(__dirname);', ["1:22 __dirname"]],
])("%s", (source, found) => {
  const places = placesIn(source).map(({ line, column, asked }) => `${line}:${column} ${asked}`);
  expect(places).toEqual(found);
});
