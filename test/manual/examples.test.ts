// Every block of code in the README and the manual, by its language: what can be run is run, what
// cannot says why beside its fence. Apps and the quick start are run in test/integration.
import { afterAll, describe, expect, test } from "bun:test";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startingPoint } from "../../src/cli/init/starting-points.ts";
import { loadConfig } from "../../src/config/load.ts";
import { BLOCKS, blocksOf, ROOT } from "../helpers/manual.ts";
import { isMissing, runTool } from "../helpers/tools.ts";

const dir = mkdtempSync(join(tmpdir(), "pounce-manual-"));
afterAll(() => rmSync(dir, { recursive: true }));

const RUN = new Set([
  "toml",
  "ts",
  "js",
  "sh",
  "console",
  "log",
  "json",
  "ini",
  "haproxy",
  "nginx",
]);

test.each(BLOCKS.map((block) => [block.at, block] as const))(
  "%s is run by a test, or says why not",
  (_, { language, note }) => {
    if (RUN.has(language)) expect(["", "app", "pounce.service"]).toContain(note);
    else expect(note).toMatch(/^not run: \w/);
  },
);

test.each(blocksOf("toml"))("%s is a valid configuration", (_, { text }) => {
  // What a configuration names need not be on this machine.
  const here = text.replaceAll(/"\/(?:etc|var)\/[^"]*\//g, `"${dir}/`);
  for (const [, name = ""] of here.matchAll(/"([^"]*\.env)"/g)) {
    writeFileSync(name.startsWith("/") ? name : join(dir, name), "A=1\n");
  }
  for (const [, name = ""] of here.matchAll(/"(\.\/[^"]*\.sh)"/g)) {
    writeFileSync(join(dir, name), "#!/bin/sh\n", { mode: 0o755 });
  }
  writeFileSync(join(dir, "pounce.toml"), here);
  expect(loadConfig({ flags: { config: "pounce.toml" }, env: {}, cwd: dir })).toMatchObject({
    ok: true,
  });
});

test.each(blocksOf("js"))("%s is JavaScript", (_, { text }) => {
  expect(() => new Bun.Transpiler({ loader: "js" }).transformSync(text)).not.toThrow();
});

test.each(blocksOf("ini"))("%s: every line is in the unit that `init systemd` writes", (_, it) => {
  const written = startingPoint("systemd").files[0]?.text.split("\n") ?? [];
  for (const line of it.text.trim().split("\n")) expect(written).toContain(line);
});

describe.skipIf(isMissing("haproxy"))("haproxy", () => {
  test.each(blocksOf("haproxy"))("takes %s", (_, { text }) => {
    expect(haproxyCode(text)).toBe(0);
    expect(haproxyCode(text.replace("use_backend", "use_backends"))).not.toBe(0);
  });
});

describe.skipIf(isMissing("nginx"))("nginx", () => {
  test.each(blocksOf("nginx"))("takes %s", (_, { text }) => {
    expect(nginxCode(text)).toBe(0);
    expect(nginxCode(text.replace("proxy_pass", "proxy_passes"))).not.toBe(0);
  });
});

/** The exit code for a location, with all that stands around it. */
function nginxCode(location: string): number {
  const path = join(dir, "nginx.conf");
  const temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map(
    (name) => `${name}_temp_path ${dir};`,
  );
  const isWhole = location.includes("server {");
  const server = isWhole
    ? location.replace("listen 80", "listen 127.0.0.1:1")
    : `server { listen 127.0.0.1:1; ${location} }`;
  const http = `http { access_log off; ${temporary.join(" ")} ${server} }`;
  writeFileSync(path, `pid ${dir}/pid; events {} ${http}`);
  return runTool("nginx", ["-t", "-q", "-e", join(dir, "error.log"), "-c", path]).code;
}

/** The exit code for a frontend and backends, with all that stands around them. */
function haproxyCode(sections: string): number {
  const path = join(dir, "haproxy.cfg");
  const whole =
    "defaults\n  mode http\n  timeout connect 1s\n  timeout client 1s\n  timeout server 1s\n" +
    sections.replace("bind :80", "bind 127.0.0.1:1");
  writeFileSync(path, whole);
  return runTool("haproxy", ["-c", "-f", path]).code;
}

/** All texts of the source, of which log lines are made. */
const SOURCE = readdirSync(join(ROOT, "src"), { recursive: true, encoding: "utf8" })
  .filter((name) => name.endsWith(".ts"))
  .map((name) => readFileSync(join(ROOT, "src", name), "utf8"))
  .join("\n");

/** The parts between what differs from line to line: numbers, signals, names, addresses. */
function fixedParts(line: string): string[] {
  return line
    .split(/\bSIG\w+|\d[\w.]*|\.\/\S+|https?:\S+/)
    .filter((part) => part.trim().length > 2);
}

/** Lines of a log, without what stands before their message. */
function messages(text: string): string[] {
  return text
    .split("\n")
    .map((line) => /^(?:\S+ )?\[(?:DEBUG|INFO|WARN|ERROR)\] (.*)$/.exec(line)?.[1])
    .filter((message) => message !== undefined);
}

const logged = BLOCKS.filter(({ language }) => language === "log" || language === "console");

test.each(logged.map((block) => [block.at, block] as const))(
  "%s: pounce logs these lines",
  (_, { language, text }) => {
    const lines = messages(text);
    if (language === "log") expect(lines.length).toBe(text.trim().split("\n").length);
    for (const part of lines.flatMap(fixedParts)) {
      expect(SOURCE.includes(part) ? part : `nobody logs "${part}"`).toBe(part);
    }
  },
);

test.each(blocksOf("json"))("%s is JSON, of an event that there is", (_, { text }) => {
  const { event } = JSON.parse(text) as { event?: string };
  if (event !== undefined) expect(SOURCE).toContain(`"${event}"`);
});
