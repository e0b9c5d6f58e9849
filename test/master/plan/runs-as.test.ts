// Whom workers become, as `user` and `group` say.
import { describe, expect, test } from "bun:test";
import { changeProblem, runsAsOf } from "../../../src/master/plan/runs-as.ts";
import { isNotRoot, NOBODY, NOBODY_UID } from "../../helpers/users.ts";

const account = (name: string) => ({ name, place: "pounce.toml:3:1 user" });
const own = account(String(process.geteuid?.()));

test("nobody else, where nothing is said, or what is the case", () => {
  expect(runsAsOf({ user: undefined, group: undefined }, [80])).toEqual({
    ok: true,
    runsAs: undefined,
  });
  const group = account(String(process.getegid?.()));
  expect(runsAsOf({ user: own, group }, [80])).toEqual({ ok: true, runsAs: undefined });
});

test("a user that this system does not have is an error with its place, and a similar name", () => {
  expect(runsAsOf({ user: account("rooot"), group: undefined }, [80])).toEqual({
    ok: false,
    error: 'pounce.toml:3:1 user: this system has no user "rooot" (did you mean "root"?)',
  });
});

const identityOf = (user: string | undefined, group: string | undefined, port = 8000) => {
  const wanted = { user: user && account(user), group: group && account(group) };
  const result = runsAsOf(wanted as never, [port]);
  return result.ok ? result.runsAs : result.error;
};

describe.skipIf(isNotRoot())("as root", () => {
  test("a user by name has its group and its home", () => {
    const found = identityOf(NOBODY, undefined);
    expect(found).toMatchObject({
      identity: { uid: NOBODY_UID, name: NOBODY, bindsLowPorts: false },
      variables: { USER: NOBODY, LOGNAME: NOBODY },
    });
  });

  test("a number without an entry needs a group, and has / as its home", () => {
    expect(identityOf("4000000", undefined)).toContain('set "group", too');
    expect(identityOf("4000000", "12")).toEqual({
      identity: { uid: 4_000_000, gid: 12, groups: [12], name: "4000000", bindsLowPorts: false },
      variables: { HOME: "/", USER: "4000000", LOGNAME: "4000000" },
    });
  });

  test("a group alone changes no user, and takes away no home", () => {
    expect(identityOf(undefined, "12")).toMatchObject({
      identity: { uid: 0, gid: 12, name: "root" },
      variables: {},
    });
  });

  test("only who listens below 1024 may bind there", () => {
    expect(identityOf(NOBODY, undefined, 443)).toMatchObject({ identity: { bindsLowPorts: true } });
    expect(identityOf(NOBODY, undefined, 0)).toMatchObject({ identity: { bindsLowPorts: false } });
  });

  test("those that serve fix the user, not the group", () => {
    const group = { ok: true, runsAs: identityOf(undefined, "12") } as const;
    expect(changeProblem(group.runsAs as never, 0)).toBeUndefined();
    expect(changeProblem(undefined, NOBODY_UID)).toMatch(/run as nobody, and cannot become root/);
    expect(changeProblem(undefined, undefined)).toBeUndefined();
  });
});
