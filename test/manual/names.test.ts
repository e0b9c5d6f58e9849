// Names in the text: keys of the configuration, variables, metrics and fields of receipts are ones
// that there are, and none of the metrics is left out.
import { expect, test } from "bun:test";
import { COMMAND_VARIABLES } from "../../src/config/schema/command-variables.ts";
import { KEYS } from "../../src/config/schema/keys.ts";
import { REJECTIONS } from "../../src/metrics/page.ts";
import { TARGETS } from "../../scripts/release/targets.ts";
import { BLOCKS, codeSpans, PAGES } from "../helpers/manual.ts";

/** With their tables, and without: a chapter about a table does not repeat its name. */
const keys = KEYS.flatMap(({ name, path }) => [name, path.at(-1) ?? ""]);
const metricsSources = await Promise.all(
  ["request-metrics", "server-metrics"].map((name) =>
    Bun.file(new URL(`../../src/metrics/${name}.ts`, import.meta.url)).text(),
  ),
);
const metrics = [...metricsSources.join("").matchAll(/"pounce_(\w+)"/g)].map(
  ([, name = ""]) => name,
);
/** Of receipts, of the access log, and of what `prove --json` prints. */
const fields = BLOCKS.filter(
  ({ at, language }) => /^(?:reloads|prove|logging)\b/.test(at) && language === "json",
).flatMap(({ text }) => [...text.matchAll(/"(\w+)":/g)].map(([, name = ""]) => name));
const variables = [
  "POUNCE_BASE_URL",
  ...Object.values(COMMAND_VARIABLES),
  ...KEYS.map(({ variable }) => variable),
];

/** Pages that name keys of other programs. */
const OF_OTHERS = new Set(["hostile-input.md", "migrate.md", "peers.md", "proxies.md"]);

/** Words with an underscore, or in a table of the file. */
const NAME =
  /^(?:[a-z]+(?:_[a-z]+)+|(?:log|limits|tls|recycle|respawn|metrics|watchdog)\.[a-z_]+)$/;

test.each(
  PAGES.filter(({ name }) => !OF_OTHERS.has(name)).map((page) => [page.name, page] as const),
)("%s: keys, metrics, fields and variables that it names exist", (_, page) => {
  const spans = codeSpans(page);
  for (const name of spans.filter((code) => NAME.test(code))) {
    expect([...keys, ...metrics, ...fields, ...REJECTIONS]).toContain(name);
  }
  for (const name of spans.filter((code) => /^POUNCE_[A-Z_]+$/.test(code))) {
    expect(variables).toContain(name);
  }
});

function spansOf(name: string): string[] {
  const page = PAGES.find((candidate) => candidate.name === name);
  return page === undefined ? [] : codeSpans(page);
}

test("every metric is in the chapter on metrics, and every target in that on platforms", () => {
  expect(spansOf("metrics.md")).toEqual(expect.arrayContaining(metrics));
  expect(spansOf("platforms.md")).toEqual(expect.arrayContaining(TARGETS.map(({ name }) => name)));
});
