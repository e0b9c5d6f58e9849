// A log file that another user writes: whether it can be had, and who makes it.
import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import {
  chmodSync,
  chownSync,
  mkdtempSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileProblemFor, makeFileFor } from "../../src/log/user-file.ts";
import { isNotRoot } from "../helpers/users.ts";

const USER = { uid: 12_345, gid: 12_345, groups: [], name: "somebody", bindsLowPorts: false };

describe.skipIf(isNotRoot())("a log file for another user", () => {
  let folder = "";
  let file = "";

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "user-file-"));
    file = join(folder, "access.log");
    chmodSync(folder, 0o755);
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const isThere = (): boolean => statSync(file, { throwIfNoEntry: false }) !== undefined;

  test("is made by root where only root may, and given to the user", () => {
    expect(fileProblemFor(USER, file)).toBeUndefined();
    expect(isThere()).toBe(false);
    expect(makeFileFor(USER, file)).toBeUndefined();
    expect(statSync(file)).toMatchObject({ uid: USER.uid, gid: USER.gid });
    expect(statSync(file).mode & 0o777).toBe(0o640);
    expect(makeFileFor(USER, file)).toBeUndefined();
  });

  test("is left to the user in a folder of its own", () => {
    chownSync(folder, USER.uid, USER.gid);
    expect(makeFileFor(USER, file)).toBeUndefined();
    expect(isThere()).toBe(false);
  });

  test("is not made in a folder of somebody else, who could put a link there", () => {
    chownSync(folder, 54_321, 54_321);
    expect(makeFileFor(USER, file)).toContain(`somebody may not write to ${folder}`);
    expect(isThere()).toBe(false);
  });

  test("is not made where a link leads", () => {
    symlinkSync(join(folder, "elsewhere"), file);
    expect(makeFileFor(USER, file)).toMatch(/cannot open .*access\.log: EEXIST/);
  });

  test("that is there stays whose it is", () => {
    writeFileSync(file, "", { mode: 0o600 });
    expect(makeFileFor(USER, file)).toContain(`somebody may not write ${file}: chown or chmod it`);
    expect(statSync(file).uid).toBe(0);
  });

  test("cannot be had in a folder that the user may not enter", () => {
    chmodSync(folder, 0o700);
    expect(makeFileFor(USER, file)).toContain(`somebody may not enter ${folder}`);
  });
});
