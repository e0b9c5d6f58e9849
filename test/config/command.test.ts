// Where the operator's command is found, and what is said of one that cannot be run.
import { expect, test } from "bun:test";
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  realpathSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { loadConfig } from "../../src/config/load.ts";

const dir = mkdtempSync(join(tmpdir(), "command-"));
mkdirSync(join(dir, "bin"));
writeFileSync(join(dir, "plain"), "exit 0\n", { mode: 0o755 });
for (const [name, mode] of [
  ["smoke.sh", 0o755],
  ["bin/looks", 0o755],
  ["notes", 0o644],
] as const) {
  writeFileSync(join(dir, name), "#!/bin/sh\n");
  chmodSync(join(dir, name), mode);
}

function verifyOf(lines: string, PATH: string | undefined) {
  writeFileSync(join(dir, "pounce.toml"), lines);
  return loadConfig({ flags: { config: join(dir, "pounce.toml") }, env: { PATH }, cwd: "/" });
}

const BIN = join(dir, "bin");

test("a command stays the one of its release when the link to that leads elsewhere", () => {
  for (const release of [1, 2]) {
    mkdirSync(join(dir, `releases/${release}`), { recursive: true });
    writeFileSync(join(dir, `releases/${release}/smoke.sh`), "#!/bin/sh\n", { mode: 0o755 });
  }
  symlinkSync("releases/2", join(dir, "current"));
  const loaded = verifyOf(`[rollout]\nverify = "./current/smoke.sh"\n`, undefined);
  if (!loaded.ok) throw new Error(loaded.errors.join("\n"));
  const { verify } = loaded.config.rollout;
  unlinkSync(join(dir, "current"));
  symlinkSync("releases/1", join(dir, "current"));
  expect(verify?.file).toBe(join(realpathSync(dir), "releases/2/smoke.sh"));
});

test.each([
  ['verify = "./smoke.sh"', undefined, "smoke.sh", []],
  ['verify = ["./bin/../smoke.sh", "a", "b"]', BIN, "smoke.sh", ["a", "b"]],
  ['verify = "looks"', BIN, "bin/looks", []],
  ['verify = ["looks", "-c", "x $POUNCE_URL/"]', BIN, "bin/looks", ["-c", "x $POUNCE_URL/"]],
  ['verify = ["looks", "-v"]', `/usr/bin:${BIN}`, "bin/looks", ["-v"]],
  [`verify = "looks"\n[env]\nPATH = "${BIN}"`, "/usr/bin", "bin/looks", []],
])("[rollout] %s, with PATH %s, is %s", (line, path, file, args) => {
  const loaded = verifyOf(`[rollout]\n${line}\n`, path);
  if (!loaded.ok) throw new Error(loaded.errors.join("\n"));
  const { verify, hasVerify } = loaded.config.rollout;
  expect(hasVerify).toBe(true);
  expect(verify?.args).toEqual(args);
  expect(join(verify?.file ?? "")).toBe(join(dir, file));
});

test.each([
  ['"./none.sh"', '"./none.sh" does not exist: '],
  ['["./notes", "a"]', '"./notes" may not be executed: chmod +x '],
  ['"./bin"', '"./bin" is not a file: '],
  ['"./smoke.sh --fast"', ': arguments go in a list: ["./smoke.sh", "--fast"]'],
  ['"looks -v"', 'is no command in PATH: arguments go in a list: ["looks", "-v"]'],
  ['"./plain"', '"./plain" is no program: its first line must be as in #!/bin/sh'],
  ['"."', '"." is not a file: '],
  ['["looks", "$POUNCE_URL/"]', 'gets "$POUNCE_URL/" as it stands, as no shell reads it'],
  ['["looks", "${POUNCE_URL}/"]', "POUNCE_URL is set for the command in rollout.verify alone"],
  ['"smoke.sh"', 'is no command in PATH; a file beside the configuration is "./smoke.sh"'],
])("verify = %s is refused, with what to do", (value, words) => {
  const loaded = verifyOf(`[rollout]\nverify = ${value}\n`, BIN);
  if (loaded.ok) throw new Error("it is not refused");
  expect(loaded.errors).toHaveLength(1);
  expect(loaded.errors[0]).toContain("pounce.toml:2:1 rollout.verify: ");
  expect(loaded.errors[0]).toContain(words);
});
