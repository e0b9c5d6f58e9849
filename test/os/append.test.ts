// Opening a log as root, in folders of root's and of others.
import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import {
  chmodSync,
  chownSync,
  closeSync,
  existsSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openToAppend } from "../../src/os/append.ts";
import { isRootsAlone } from "../../src/os/permissions.ts";
import { isNotRoot, NOBODY_UID, withoutRoot } from "../helpers/users.ts";

/** To another user. */
function give(path: string): void {
  chownSync(path, NOBODY_UID, NOBODY_UID);
}

describe.skipIf(isNotRoot())("root opens a log", () => {
  let folder = "";
  let logs = "";
  let secrets = "";
  let file = "";
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "append-"));
    chmodSync(folder, 0o755);
    logs = join(folder, "app/logs");
    secrets = join(folder, "secrets");
    file = join(logs, "app.log");
    mkdirSync(logs, { recursive: true });
    mkdirSync(secrets);
    writeFileSync(join(secrets, "app.log"), "");
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  function append(): void {
    const descriptor = openToAppend(file);
    writeSync(descriptor, "x");
    closeSync(descriptor);
  }
  const secret = (): string => readFileSync(join(secrets, "app.log"), "utf8");

  test.each([
    ["of its own", () => {}],
    ["of another user", () => give(logs)],
    ["of another user, below a folder of that user", () => [join(folder, "app"), logs].map(give)],
    ["of a group that may write", () => chmodSync(logs, 0o775)],
    ["for all", () => chmodSync(logs, 0o1777)],
  ])("in a folder %s", (_, prepare) => {
    prepare();
    append();
    append();
    expect(readFileSync(file, "utf8")).toBe("xx");
  });

  test("by links of its own", () => {
    symlinkSync(join(secrets, "app.log"), file);
    append();
    renameSync(logs, `${logs}.old`);
    symlinkSync("../secrets", logs);
    append();
    expect(secret()).toBe("xx");
  });

  test("but not by a link in a folder of another user", () => {
    give(logs);
    symlinkSync(join(secrets, "app.log"), file);
    expect(append).toThrow("it is a link, and others than root may have made it");
    symlinkSync(join(secrets, "new"), join(logs, "new"));
    file = join(logs, "new");
    expect(append).toThrow("it is a link");
    expect([secret(), existsSync(join(secrets, "new"))]).toEqual(["", false]);
  });

  test("nor by a second name that another user has given", () => {
    give(logs);
    linkSync(join(secrets, "app.log"), file);
    expect(append).toThrow("it has a second name");
    expect(secret()).toBe("");
  });

  test("nor where another user leads the folder to one of root's", () => {
    give(join(folder, "app"));
    renameSync(logs, `${logs}.old`);
    symlinkSync("../secrets", logs);
    expect(isRootsAlone(logs)).toBe(false);
    expect(append).toThrow("others than root may lead this path elsewhere");
    expect(secret()).toBe("");
  });

  test("but does where a release of another user's has a link to what all releases share", () => {
    const shared = join(folder, "app/shared");
    mkdirSync(shared);
    renameSync(logs, `${logs}.old`);
    symlinkSync("shared", logs);
    for (const it of ["app", "app/shared"]) give(join(folder, it));
    append();
    expect(readFileSync(join(shared, "app.log"), "utf8")).toBe("x");
  });
});

test.skipIf(isNotRoot())(
  "whoever is root only in a namespace of its own may be led anywhere",
  () => {
    const folder = mkdtempSync(join(tmpdir(), "append-"));
    const home = join(folder, "home");
    mkdirSync(home);
    chmodSync(folder, 0o755);
    give(home);
    const file = join(home, "app.log");
    const module = new URL("../../src/os/append.ts", import.meta.url).pathname;
    const code = `(await import(${JSON.stringify(module)})).openToAppend(${JSON.stringify(file)})`;
    const command = ["unshare", "--map-root-user", process.execPath, "-e", code];
    const env = { PATH: process.env["PATH"] ?? "", HOME: home };
    const { exitCode, stderr } = Bun.spawnSync(withoutRoot(command), { cwd: home, env });
    const isThere = existsSync(file);
    rmSync(folder, { recursive: true });
    // Where no namespaces may be made, there is nothing to ask.
    if (stderr.toString().startsWith("unshare:")) return;
    expect({ exitCode, isThere }).toEqual({ exitCode: 0, isThere: true });
  },
);

test("a log may be a device", () => {
  closeSync(openToAppend("/dev/null"));
});
