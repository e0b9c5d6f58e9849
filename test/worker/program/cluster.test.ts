// What a file finds in node:cluster: a primary or a worker.
import { describe, expect, test } from "bun:test";
import { findsPrimary } from "../../../src/worker/program/cluster.ts";
import { ProgramFiles } from "../../../src/worker/program/program-files.ts";

const ENTRY = "/srv/app/server.js";
const IMPORT = 'import cluster from "node:cluster";';
const FORKS = `${IMPORT} if (cluster.isPrimary) cluster.fork();`;
const OF_LOG4JS = "/srv/app/node_modules/log4js/lib/clustering.js";

describe("a primary is found by", () => {
  const cases: [claim: string, file: string, text?: string][] = [
    ["a package, which would send to it", OF_LOG4JS, IMPORT],
    ["a package of a store of packages", `/srv/app/node_modules/.pnpm/a/node_modules/b/c.js`],
    ["a package inside an executable of pounce", "node_modules/log4js/lib/clustering.js"],
    ["Bun's own modules, which listen", "node:dgram"],
    [
      "a program of one file that does not fork, such as one with its packages in it",
      ENTRY,
      IMPORT,
    ],
  ];
  for (const [claim, file, text] of cases) {
    test(claim, () => {
      expect(findsPrimary(new ProgramFiles(ENTRY), file, text)).toBeTrue();
    });
  }
});

describe("a worker is found by", () => {
  const cases: [claim: string, file: string, text?: string][] = [
    ["a file that forks", ENTRY, FORKS],
    ["a file that may import one that does", ENTRY, `${IMPORT} void import("./primary.js");`],
    ["a file that requires one", ENTRY, 'require("cluster"); require("../primary");'],
    ["a file that imports one by an absolute path", ENTRY, `${IMPORT} import "/srv/primary.js"`],
    ["a package that forks for the program", "/srv/app/node_modules/throng/lib/throng.js", FORKS],
    ["a program inside an executable of pounce", "src/server.ts"],
    ["a named import in one, before any file runs", ""],
    ["a package of a workspace, which is linked", "/srv/packages/api/server.js", FORKS],
  ];
  for (const [claim, file, text] of cases) {
    test(claim, () => {
      expect(findsPrimary(new ProgramFiles(ENTRY), file, text)).toBeFalse();
    });
  }
});

test("a program that was installed as a package is a program, and its packages are not", () => {
  const files = new ProgramFiles("/usr/lib/node_modules/@scope/tool/bin/run.js");
  expect(files.has("/usr/lib/node_modules/@scope/tool/lib/server.js")).toBeTrue();
  expect(files.has("/srv/tool.config.js")).toBeTrue();
  expect(files.has("/usr/lib/node_modules/@scope/tool/node_modules/log4js/a.js")).toBeFalse();
  expect(files.has("/usr/lib/node_modules/@scope/other/a.js")).toBeFalse();
});

test("a file that imports Bun's own modules and packages only is alone", () => {
  const files = new ProgramFiles(import.meta.path);
  const isAlone = (text: string): boolean => files.isAlone(import.meta.path, text);
  expect(isAlone('import "fs"; import "node:os"; import { Hono } from "hono";')).toBeTrue();
  expect(isAlone('import "valibot"; await import("not-installed")')).toBeTrue();
  expect(isAlone('import "hono"; import "../../../src/worker/program/cluster.ts";')).toBeFalse();
});
