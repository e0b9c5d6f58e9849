// Where the end of the old master would be taken for the server's, a handover is refused.
import { expect, test } from "bun:test";
import type { Supervision } from "../../../src/core/events.ts";
import { handoverRefusal } from "../../../src/core/rules/handover-refusal.ts";
import { initialState } from "../../../src/core/state.ts";
import { SETTINGS, UNWATCHED, VERSION } from "../scenario.ts";

test("where no two servers can share an address a handover is refused", () => {
  expect(handoverRefusal(UNWATCHED, initialState(SETTINGS, VERSION, "solo"))).toMatch(
    /restart it instead/,
  );
});

const REFUSED: Record<string, [Partial<Supervision>, RegExp]> = {
  "as process 1": [{ pid: 1 }, /process 1; start a new container/],
  "under supervisord": [{ isUnderSupervisord: true }, /^supervisord would start a second/],
  "under runit": [{ parent: "runsv" }, /^runsv would start a second server/],
  "under an init of a container": [{ parent: "tini", isParentFirst: true }, /\(tini\)/],
  "as systemd's main process that cannot notify it": [{ isServiceOfSystemd: true }, /Type=notify/],
};

for (const [where, [change, reason]] of Object.entries(REFUSED)) {
  test(`${where} a handover is refused with the reason`, () => {
    expect(handoverRefusal({ ...UNWATCHED, ...change }, initialState(SETTINGS, VERSION))).toMatch(
      reason,
    );
  });
}

const ALLOWED: Record<string, Partial<Supervision>> = {
  "from a shell": {},
  "by a daemon whose parent is process 1": { parent: "systemd", isParentFirst: true },
  "under systemd with a notify socket": { isServiceOfSystemd: true, canNotify: true },
  "below a tini that is not process 1": { parent: "tini" },
};

for (const [where, change] of Object.entries(ALLOWED)) {
  test(`${where} a handover is allowed`, () => {
    expect(
      handoverRefusal({ ...UNWATCHED, ...change }, initialState(SETTINGS, VERSION)),
    ).toBeUndefined();
  });
}
