// What `pounce init` writes is valid to those who read it.
import { afterAll, describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Ajv2020 } from "ajv/dist/2020.js";
import { parse } from "smol-toml";
import { type LoadResult, loadConfig } from "../../../src/config/load.ts";
import { INIT_KINDS } from "../../../src/cli/init/kinds.ts";
import { startingPoint } from "../../../src/cli/init/starting-points.ts";
import { isMissing, runTool } from "../../helpers/tools.ts";

const dir = mkdtempSync(join(tmpdir(), "pounce-init-"));
afterAll(() => rmSync(dir, { recursive: true }));

function textOf(kind: (typeof INIT_KINDS)[number], name: string): string {
  const file = startingPoint(kind).files.find((candidate) => candidate.name === name);
  if (file === undefined) throw new Error(`${kind} has no ${name}`);
  return file.text;
}

test.each(INIT_KINDS)("%s: its texts are short, and end with a line end", (kind) => {
  for (const { name, text } of startingPoint(kind).files) {
    expect(text).toEndWith("\n");
    if (!name.endsWith(".json")) expect(text.split("\n").length).toBeLessThan(110);
    expect(Math.max(...text.split("\n").map((line) => line.length))).toBeLessThan(400);
  }
});

/** Loads a configuration as the only one there is. */
function load(toml: string): LoadResult {
  writeFileSync(join(dir, "pounce.toml"), toml);
  return loadConfig({ flags: { config: "pounce.toml" }, env: {}, cwd: dir });
}

/** What systemd says about a unit. */
function verify(content: string) {
  const path = join(dir, "pounce.service");
  writeFileSync(path, content);
  return runTool("systemd-analyze", ["verify", "--man=no", path]);
}

describe("pounce.toml", () => {
  const text = textOf("app", "pounce.toml");

  test("names the schema that lies beside it, which accepts it", () => {
    expect(text).toStartWith("#:schema ./pounce.schema.json\n");
    const schema: unknown = JSON.parse(textOf("app", "pounce.schema.json"));
    expect(new Ajv2020().validate(schema as object, parse(text))).toBe(true);
  });

  test("is valid, also with what is in comments", () => {
    expect(load(text)).toMatchObject({ ok: true, config: { app: "./app.ts", port: 8000 } });
    const uncommented = text.replaceAll(/^# (?=[a-z_]+ = |\[[a-z]+\]$)/gm, "");
    writeFileSync(join(dir, "smoke.sh"), "#!/bin/sh\n", { mode: 0o755 });
    expect(uncommented).not.toBe(text);
    expect(load(uncommented)).toMatchObject({
      ok: true,
      config: { shutdownDelayMs: 10_000, rollout: { canaryShare: 0.1 } },
    });
  });

  test("is for the app that is there: its arguments, its port, its variables", () => {
    writeFileSync(join(dir, ".env"), "A=1\n");
    const app = { module: "./node_modules/.bin/next", args: ["start"] };
    const [file] = startingPoint("app", { app, port: 3000, hasEnvFile: true }).files;
    expect(load(file?.text ?? "")).toMatchObject({
      ok: true,
      config: { app: app.module, appArgs: ["start"], port: 3000, workerEnv: { A: "1" } },
    });
    expect(startingPoint("app", { app }).files.map(({ name }) => name)).not.toContain("app.ts");
  });

  test("says the defaults where it says what a key is", () => {
    const defaults = load("");
    const given = load(text);
    if (!defaults.ok || !given.ok) throw new Error("not valid");
    const { app, healthCheckPath, ...others } = given.config;
    expect(defaults.config).toMatchObject(others);
    expect([app, healthCheckPath]).toEqual(["./app.ts", "/health"]);
  });
});

test("app.ts is an app that answers", async () => {
  writeFileSync(join(dir, "app.ts"), textOf("app", "app.ts"));
  const { default: app, startup, shutdown } = await import(join(dir, "app.ts"));
  const ask = (path: string) => app.fetch(new Request(`http://host${path}`)) as Promise<Response>;
  expect(await (await ask("/")).text()).toBe("Hello from pounce\n");
  expect((await ask("/nothing")).status).toBe(404);
  expect([await startup(), await shutdown()]).toEqual([undefined, undefined]);
});

test("with --socket the service asks for its socket unit, whatever the place", () => {
  const { files, next } = startingPoint("systemd", { hasSocket: true });
  const [service = "", socket = ""] = files.map(({ text }) => text);
  expect(files.map(({ name }) => name)).toEqual(["pounce.service", "pounce.socket"]);
  expect(service).toContain("\nRequires=pounce.socket\nAfter=pounce.socket\n");
  expect(service).toMatch(/^ExecStart=.* --socket-activation$/m);
  expect(service).toContain("\nAlso=pounce.socket\n");
  expect(socket).toContain("\nListenStream=127.0.0.1:8000\n");
  expect(next.at(-1)).toBe("sudo systemctl enable --now pounce.socket pounce");
});

describe.skipIf(isMissing("systemd-analyze"))("pounce.service", () => {
  // A program that exists, and a folder: systemd looks at both.
  const text = textOf("systemd", "pounce.service");
  const unit = text.replaceAll("/usr/local/bin/pounce", process.execPath);

  test("is valid to systemd, without a warning", () => {
    const { code, stdout, stderr } = verify(unit);
    const ours = `${stdout}${stderr}`.split("\n").filter((line) => line.includes("pounce"));
    expect({ code, ours }).toEqual({ code: 0, ours: [] });
  });

  test("would not be with a mistake", () => {
    const { stderr } = verify(unit.replace("KillMode=", "KilMode="));
    expect(stderr).toContain("KilMode");
  });

  test("is hardened, as far as a compiler of machine code can be", () => {
    const path = join(dir, "pounce.service");
    writeFileSync(path, unit);
    const security = ["security", "--offline=true", "--threshold=20", path];
    expect(runTool("systemd-analyze", security).code).toBe(0);
    expect(text).not.toMatch(/^MemoryDenyWriteExecute/m);
  });

  test("gives a stop and a reload what they need", () => {
    const stopSeconds = Number(/^TimeoutStopSec=(\d+)$/m.exec(text)?.[1]);
    expect(stopSeconds).toBeGreaterThan(30);
    const config = "--config /srv/pounce/pounce.toml";
    expect(text).toContain(`\nExecReload=/usr/local/bin/pounce reload --wait ${config}\n`);
    expect(text).toContain(`\nExecStart=/usr/local/bin/pounce ${config}\n`);
    expect(text).toMatch(/^KillMode=control-group$/m);
    expect(text).toMatch(/^Type=notify$/m);
    expect(text).toMatch(/^NotifyAccess=main$/m);
  });
});

test("pounce.conf has one program, with nothing that supervisord does not know", () => {
  const lines = textOf("supervisor", "pounce.conf").split("\n");
  const settings = lines.filter((line) => line !== "" && !line.startsWith(";"));
  expect(settings.shift()).toBe("[program:pounce]");
  expect(Object.fromEntries(settings.map((line) => line.split("=")))).toEqual({
    command: "/usr/local/bin/pounce --config /srv/pounce/pounce.toml",
    directory: "/srv/pounce",
    user: "www-data",
    autostart: "true",
    autorestart: "true",
    startsecs: "2",
    stopsignal: "TERM",
    stopasgroup: "false",
    stopwaitsecs: "45",
    killasgroup: "true",
    redirect_stderr: "true",
    stdout_logfile: "/var/log/supervisor/pounce.log",
  });
});

test("Dockerfile starts pounce itself, as nobody, on an address that can be reached", () => {
  const instructions = textOf("docker", "Dockerfile").match(/^[A-Z].*$/gm);
  expect(instructions).toEqual([
    "FROM debian:trixie-slim",
    "COPY --chmod=755 pounce /usr/local/bin/pounce",
    "WORKDIR /app",
    "COPY app.ts pounce.toml ./",
    "ENV POUNCE_HOST=0.0.0.0 POUNCE_CONTROL_SOCKET=/tmp/pounce.sock",
    "EXPOSE 8000",
    "USER 65532:65532",
    'ENTRYPOINT ["/usr/local/bin/pounce"]',
    'CMD ["--config", "pounce.toml"]',
  ]);
});
