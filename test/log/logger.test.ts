// The log in a file: levels, reopening, other settings.
import { afterAll, describe, expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { Logger } from "../../src/log/logger.ts";
import { logProblem } from "../../src/log/output.ts";
import { LOG_LEVELS, type LogSettings } from "../../src/log/settings.ts";

const folder = mkdtempSync(join(tmpdir(), "pounce-log-"));
afterAll(() => rmSync(folder, { recursive: true }));

function settings(name: string, change: Partial<LogSettings> = {}): LogSettings {
  return { level: "info", format: "text", file: join(folder, name), capture: false, ...change };
}

/** The lines of a file, without their times. */
function lines(name: string): string[] {
  const text = readFileSync(join(folder, name), "utf8");
  return text
    .trimEnd()
    .split("\n")
    .map((line) => line.replace(/^\d{4}-\d\d-\d\dT[\d:.]{12}Z /, ""));
}

describe("a log in a file", () => {
  for (const [index, level] of LOG_LEVELS.entries()) {
    test(`has ${level} and what is above it`, () => {
      const { log } = new Logger(settings(level, { level }));
      for (const written of LOG_LEVELS) log(written, "worker-idle", "it");
      const tags = LOG_LEVELS.slice(index).map((it) => `[${it.toUpperCase()}] it`);
      expect(lines(level)).toEqual(tags);
    });
  }

  test("tells standing events once, as long as they say the same", () => {
    const standing = new Set(["app-note"] as const);
    const { log } = new Logger(settings("standing"), new Set(), standing);
    for (const words of ["one", "one", "two", "one"]) log("warn", "app-note", words);
    expect(lines("standing")).toEqual(["[WARN] one", "[WARN] two"]);
  });

  test("withholds no repeats", () => {
    const { log } = new Logger(settings("repeats"));
    for (let count = 0; count < 50; count += 1) log("info", "worker-idle", "again");
    expect(lines("repeats")).toHaveLength(50);
  });

  test("is appended to", () => {
    for (const words of ["one", "two"]) {
      new Logger(settings("append")).log("info", "worker-idle", words);
    }
    expect(lines("append")).toEqual(["[INFO] one", "[INFO] two"]);
  });

  test("goes on in a new file when it was moved and must be reopened", () => {
    const logger = new Logger(settings("moved"));
    logger.log("info", "worker-idle", "one");
    renameSync(join(folder, "moved"), join(folder, "moved.1"));
    logger.log("info", "worker-idle", "two");
    expect(logger.reopen()).toBeUndefined();
    logger.log("info", "worker-idle", "three");
    expect(lines("moved.1")).toEqual(["[INFO] one", "[INFO] two"]);
    expect(lines("moved")).toEqual(["[INFO] three"]);
  });

  test("goes on where it was when the file cannot be reopened", () => {
    const logger = new Logger(settings("blocked"));
    renameSync(join(folder, "blocked"), join(folder, "blocked.1"));
    mkdirSync(join(folder, "blocked"));
    expect(logger.reopen()).toMatch(/^cannot open .*: EISDIR: /);
    logger.log("info", "worker-idle", "still here");
    expect(lines("blocked.1")).toEqual(["[INFO] still here"]);
  });

  test("moves to where other settings have it", () => {
    const logger = new Logger(settings("first"));
    logger.log("info", "worker-idle", "one");
    logger.use(settings("second", { format: "json", level: "error" }));
    logger.log("info", "worker-idle", "two");
    logger.log("error", "worker-idle", "three", { worker: 1 });
    expect(lines("first")).toEqual(["[INFO] one"]);
    expect(lines("second").map((line) => JSON.parse(line))).toMatchObject([
      { level: "error", event: "worker-idle", msg: "three", worker: 1 },
    ]);
  });
});

/** What a process that runs `script` prints, with a logger of these settings at hand as `log`. */
function printed(given: LogSettings, script: string) {
  const imported = JSON.stringify(join(import.meta.dir, "../../src/log/logger.ts"));
  const begin = `import { Logger } from ${imported};
    const { log } = new Logger(${JSON.stringify(given)});`;
  const { stdout, stderr } = Bun.spawnSync([process.execPath, "-e", `${begin}\n${script}`]);
  return { stdout: stdout.toString(), stderr: stderr.toString() };
}

describe("a log without a file", () => {
  test("has warnings and errors on stderr, the rest on stdout", () => {
    const script = `for (const level of ${JSON.stringify(LOG_LEVELS)}) log(level, "worker-idle", level);`;
    const { file: _, ...streams } = settings("", { level: "debug", format: "json" });
    const { stdout, stderr } = printed({ ...streams, file: undefined }, script);
    const message = /(?<="msg":")\w+/g;
    expect(stdout.match(message)).toEqual(["debug", "info"]);
    expect(stderr.match(message)).toEqual(["warn", "error"]);
  });
});

describe("a line that the file does not take", () => {
  test("is written to the streams instead, which are told why, once", () => {
    const full = settings("full", { file: "/dev/full" });
    const script = `log("error", "worker-idle", "one"); log("error", "event", "two");`;
    const written = printed(full, script).stderr.replaceAll(/^\S+ /gm, "");
    expect(written.trimEnd().split("\n")).toEqual([
      expect.stringContaining(
        "[ERROR] Cannot write /dev/full: ENOSPC: no space left on device, write; logging to",
      ),
      "[ERROR] one",
      "[ERROR] two",
    ]);
  });
});

describe("a file that cannot be opened", () => {
  test("is named with the reason", () => {
    const missing = join(folder, "no", "such", "folder.log");
    expect(logProblem({ log: settings("", { file: missing }), accessLog: undefined })).toBe(
      `log.file: cannot open ${missing}: ENOENT: no such file or directory; create the folder ${dirname(missing)}`,
    );
    expect(logProblem({ log: settings("", { file: folder }), accessLog: undefined })).toStartWith(
      `log.file: cannot open ${folder}: EISDIR: `,
    );
  });

  test("is none of the others", () => {
    expect(logProblem({ log: settings("fine"), accessLog: undefined })).toBeUndefined();
  });

  test("of the access log is named as such", () => {
    expect(
      logProblem({
        log: settings("fine"),
        accessLog: { format: "common", file: folder, exclude: [] },
      }),
    ).toStartWith(`log.access: cannot open ${folder}: EISDIR: `);
  });
});
