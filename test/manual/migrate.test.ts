// The chapter on moving over: what it shows is what `pounce init --from-pm2` writes, and every key
// of PM2's is in it.
import { expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fromPm2 } from "../../src/cli/init/pm2/from-pm2.ts";
import { PM2_KEYS } from "../../src/cli/init/pm2/keys.ts";
import { startingPoint } from "../../src/cli/init/starting-points.ts";
import { BLOCKS, codeSpans, PAGES } from "../helpers/manual.ts";

const page = PAGES.find(({ name }) => name === "migrate.md");
if (page === undefined) throw new Error("there is no chapter on moving over");
const blocks = BLOCKS.filter(({ at }) => at.startsWith("migrate.md:"));
const textsOf = (language: string) =>
  blocks.filter((block) => block.language === language).map(({ text }) => text);

test("its pounce.toml is what its file of PM2's becomes", async () => {
  const dir = mkdtempSync(join(tmpdir(), "pounce-migrate-"));
  try {
    mkdirSync(join(dir, "dist"));
    mkdirSync(join(dir, "logs"));
    writeFileSync(join(dir, "dist/server.js"), "");
    writeFileSync(join(dir, "ecosystem.config.js"), textsOf("js")[0] ?? "");
    const result = await fromPm2({
      file: "ecosystem.config.js",
      cwd: dir,
      output: dir,
      environment: "production",
      only: undefined,
    });
    expect(result.ok ? result.files.map(({ text }) => text) : result).toEqual(textsOf("toml"));
  } finally {
    rmSync(dir, { recursive: true });
  }
});

test("it has every key of PM2's", () => {
  const words = new Set(codeSpans(page).flatMap((code) => code.split(/\W+/)));
  expect(PM2_KEYS.filter((key) => !words.has(key))).toEqual([]);
});

test("its Dockerfile runs pounce as that of `init docker` does", () => {
  const written = startingPoint("docker").files[0]?.text.split("\n") ?? [];
  const [, after = ""] = textsOf("dockerfile");
  const lines = after.split("\n").filter((line) => /^(?:ENV|EXPOSE|USER|ENTRYPOINT)/.test(line));
  expect(lines).toHaveLength(4);
  for (const line of lines) expect(written).toContain(line);
});
