// The commands that need no server, as a new user would try them.
import { afterAll, afterEach, beforeEach, describe, expect, test } from "bun:test";
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ask } from "../helpers/requests.ts";
import { pounceBinary, startPounce, stopAllServers } from "../helpers/server.ts";
import { runTool } from "../helpers/tools.ts";

let dir: string;
beforeEach(() => void (dir = mkdtempSync(join(tmpdir(), "pounce-commands-"))));
afterEach(() => rmSync(dir, { recursive: true }));
afterAll(stopAllServers);

/** Runs the executable in the folder of the test. */
function pounce(...argv: string[]) {
  const result = Bun.spawnSync([pounceBinary(), ...argv], {
    cwd: dir,
    env: { PATH: process.env["PATH"], PWD: dir },
  });
  const [stdout, stderr] = [result.stdout.toString(), result.stderr.toString()];
  return { code: result.exitCode, stdout, stderr };
}

const COMMANDS = ["serve", "init", "schema", "completion"];

describe("help", () => {
  test.each(["--help", "-h"])("%s lists the commands", (flag) => {
    const { code, stdout, stderr } = pounce(flag);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    for (const name of COMMANDS) expect(stdout).toMatch(new RegExp(`^  ${name} `, "m"));
  });

  test.each(COMMANDS)("%s has one of its own", (name) => {
    const { code, stdout, stderr } = pounce(name, "--help");
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout).toMatch(new RegExp(`^pounce \\[?${name}`));
  });
});

test("--version names Bun, the target and the commit", () => {
  const { code, stdout } = pounce("--version");
  expect(code).toBe(0);
  const commit = "(unknown|[0-9a-f]{7,40}(-dirty)?)";
  const line = `^pounce [0-9.]+ \\(bun [0-9.]+, ${process.platform}-${process.arch}, commit ${commit}\\)\n$`;
  expect(stdout).toMatch(new RegExp(line));
});

describe("wrong usage is one line and exit code 2", () => {
  const cases: [string[], string][] = [
    [["--prot", "1"], 'pounce: --prot: unknown flag (did you mean "--port"?)'],
    [["init", "--froce"], 'pounce init: --froce: unknown flag (did you mean "--force"?)'],
    [["init", "systmd"], 'got "systmd" (did you mean "systemd"?)'],
    [["init", "--dir="], 'pounce init: --dir: expected a path, got ""'],
    [["completion"], "pounce completion: SHELL: expected bash, zsh, fish, got nothing"],
    [["schema", "x"], 'pounce schema: "x": unexpected argument'],
  ];
  test.each(cases)("%j", (argv, message) => {
    const { code, stdout, stderr } = pounce(...argv);
    expect({ code, stdout, lines: stderr.split("\n").length }).toEqual({
      code: 2,
      stdout: "",
      lines: 2,
    });
    expect(stderr).toContain(message);
  });
});

/** Reads the schema as another program does; the last line is the exit code of pounce. */
function piped(reader: string) {
  return runTool("bash", [
    "-c",
    `"${pounceBinary()}" schema | ${reader}; echo "\${PIPESTATUS[0]}"`,
  ]);
}

describe("schema", () => {
  test("prints JSON, whole also to a reader that is slow, and ends quietly without one", () => {
    const { code, stdout } = pounce("schema");
    expect(code).toBe(0);
    expect(JSON.parse(stdout).$schema).toBe("https://json-schema.org/draft/2020-12/schema");
    expect(piped("(sleep 0.3; cat)").stdout).toBe(`${stdout}0\n`);
    expect(piped("true")).toMatchObject({ stdout: "0\n", stderr: "" });
  });
});

describe("init", () => {
  test("writes an app that serves, and never writes it twice", async () => {
    expect(pounce("init")).toMatchObject({ code: 0, stderr: "" });
    expect(readdirSync(dir).toSorted()).toEqual(["app.ts", "pounce.schema.json", "pounce.toml"]);
    expect(readFileSync(join(dir, "pounce.schema.json"), "utf8")).toBe(pounce("schema").stdout);
    const argv = ["--config", join(dir, "pounce.toml"), "--port", "0", "--workers", "1"];
    await using server = await startPounce({ argv });
    expect((await ask(server, "/")).text).toBe("Hello from pounce\n");
    expect((await ask(server, "/health")).status).toBe(200);

    writeFileSync(join(dir, "app.ts"), "mine");
    rmSync(join(dir, "pounce.schema.json"));
    const { code, stderr } = pounce("init");
    expect(code).toBe(1);
    expect(stderr).toBe(
      `pounce init: ${join(dir, "pounce.toml")} exists already; --force replaces it\n`,
    );
    expect(readdirSync(dir).toSorted()).toEqual(["app.ts", "pounce.toml"]);
    expect(readFileSync(join(dir, "app.ts"), "utf8")).toBe("mine");

    expect(pounce("init", "--force").stdout).toContain("the app is ./app.ts, which is there");
    expect(readFileSync(join(dir, "app.ts"), "utf8")).toBe("mine");
  }, 60_000);

  test.each([
    ["systemd", "pounce.service"],
    ["supervisor", "pounce.conf"],
    ["docker", "Dockerfile"],
    ["kubernetes", "pounce.yaml"],
  ])("%s writes %s into the folder that is named", (kind, file) => {
    expect(pounce("init", kind, "--dir", "deploy")).toMatchObject({ code: 0, stderr: "" });
    expect(readdirSync(join(dir, "deploy"))).toEqual([file]);
  });

  test("says on one line where it may not write", () => {
    // Root may write everywhere but here.
    const folder = process.getuid?.() === 0 ? "/proc/pounce" : join(dir, "closed");
    if (folder !== "/proc/pounce") chmodSync(dir, 0o555);
    const { code, stderr } = pounce("init", "--dir", folder);
    chmodSync(dir, 0o755);
    expect({ code, lines: stderr.split("\n").length }).toEqual({ code: 1, lines: 2 });
    expect(stderr).toContain(folder);
  });
});

/** Runs the executable at a terminal. The keys are pressed once it asks for a kind. */
async function atTerminal(
  argv: string[],
  keys = "",
  env: Record<string, string> = {},
  keysForApp = "",
) {
  let shown = "";
  const child = Bun.spawn([pounceBinary(), ...argv], {
    cwd: dir,
    env: { PATH: process.env["PATH"], PWD: dir, TERM: "xterm", ...env },
    terminal: {
      data(terminal, bytes) {
        const before = shown;
        shown += new TextDecoder().decode(bytes);
        const comes = (word: string): boolean => !before.includes(word) && shown.includes(word);
        if (comes("kubernetes")) terminal.write(keys);
        if (comes("a new one")) terminal.write(keysForApp);
      },
    },
  });
  const code = await child.exited;
  return { code, shown, files: readdirSync(dir).toSorted() };
}

describe("init at a terminal", () => {
  test("asks what to write, and shows what comes next", async () => {
    const down = "\u001b[B";
    const { code, shown, files } = await atTerminal(["init"], `${down}\r`);
    expect({ code, files }).toEqual({ code: 0, files: ["pounce.service"] });
    expect(shown).toContain("pounce.toml, pounce.schema.json, app.ts");
    expect(Bun.stripANSI(shown)).toMatch(/│ +set its paths: /);
  });

  test("asks which app, if there are several, and writes none", async () => {
    writeFileSync(join(dir, "server.ts"), "");
    mkdirSync(join(dir, "src"));
    writeFileSync(join(dir, "src/index.ts"), "");
    const down = "\u001b[B";
    const { code, shown, files } = await atTerminal(["init"], "\r", {}, `${down}\r`);
    expect({ code, files }).toEqual({
      code: 0,
      files: ["pounce.schema.json", "pounce.toml", "server.ts", "src"],
    });
    expect(shown).toContain("a new one");
    expect(readFileSync(join(dir, "pounce.toml"), "utf8")).toContain('\napp = "./src/index.ts"\n');
  });

  test("makes the unit for the pounce.toml in this folder", () => {
    writeFileSync(join(dir, "pounce.toml"), "");
    expect(pounce("init", "systemd").stdout).toContain("sudo systemctl enable --now pounce");
    const unit = readFileSync(join(dir, "pounce.service"), "utf8");
    expect(unit).toContain(`\nExecStart=${pounceBinary()} --config ${dir}/pounce.toml\n`);
  });

  test("writes nothing after Ctrl-C", async () => {
    const { code, files } = await atTerminal(["init"], "\u0003");
    expect({ code, files }).toEqual({ code: 130, files: [] });
  });

  test.each([["--yes"], ["app"]])("does not ask with %s", async (word) => {
    const { code, shown, files } = await atTerminal(["init", word]);
    expect({ code, files: files.length }).toEqual({ code: 0, files: 3 });
    expect(shown).not.toContain("What do you want");
  });
});

test("only a terminal gets colours, and not with NO_COLOR", async () => {
  const coloured = await atTerminal(["statsu"]);
  expect(coloured.shown).toStartWith('\u001b[31mpounce:\u001b[39m "statsu": no such command');
  const plain = await atTerminal(["statsu"], "", { NO_COLOR: "1" });
  expect(plain.shown).toStartWith('pounce: "statsu": no such command');
  expect(pounce("statsu").stderr).toStartWith('pounce: "statsu": no such command');
});

test("completion prints a script for each shell", () => {
  for (const shell of ["bash", "zsh", "fish"] as const) {
    const { code, stdout } = pounce("completion", shell);
    expect(code).toBe(0);
    expect(runTool(shell, ["-n"], stdout)).toMatchObject({ code: 0, stderr: "" });
  }
});
