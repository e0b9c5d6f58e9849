// Users and groups as the C library finds them.
import { expect, test } from "bun:test";
import { findGroup, findUser, groupsOf, namesIn } from "../../src/os/users.ts";

test("a user is found by its name and by its number", () => {
  const root = findUser("root");
  expect(root).toMatchObject({ name: "root", uid: 0, gid: 0 });
  expect(root?.home).toStartWith("/");
  expect(findUser("0")).toEqual(root);
});

test("a group is found by its name and by its number", () => {
  expect(findGroup("root")).toEqual({ name: "root", gid: 0 });
  expect(findGroup("0")).toEqual({ name: "root", gid: 0 });
});

test("nobody has a name that nobody has", () => {
  expect(findUser("no-such-user")).toBeUndefined();
  expect(findUser("3999999999")).toBeUndefined();
  expect(findGroup("no-such-group")).toBeUndefined();
});

test("a user is in the group that is asked for, and in its others", () => {
  expect(groupsOf("root", 12_345)).toContain(12_345);
});

test("names are read from the files of the system", () => {
  expect(namesIn("/etc/passwd")).toContain("root");
  expect(namesIn("/etc/group")).toContain("root");
});
