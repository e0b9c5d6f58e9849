// What `pounce check` says of who may connect to a Unix socket.
import { expect, test } from "bun:test";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { unixSocketFindings } from "../../src/check/unix-socket.ts";
import type { Plan } from "../../src/master/plan/plan.ts";
import { ownUser } from "../../src/os/own-user.ts";

const path = join(tmpdir(), "a.sock");
/** A group that no system has by name. */
const NAMELESS = 3_999_999_999;

test.each([
  [undefined, NAMELESS, undefined],
  [{ path: "@app", mode: 0o660 }, NAMELESS, undefined],
  [{ path: "/nowhere/a.sock", mode: 0o660 }, undefined, undefined],
  [{ path, mode: 0o666 }, NAMELESS, undefined],
  [{ path, mode: 0o660 }, NAMELESS, `, and the group ${NAMELESS} may connect`],
  [{ path, mode: 0o600 }, NAMELESS, " alone may connect"],
])("uds %p of group %p: %p", (uds, gid, words) => {
  const runsAs = gid === undefined ? undefined : ({ identity: { gid } } as Plan["runsAs"]);
  const found = unixSocketFindings({ config: { uds }, runsAs }).map((it) => it.found);
  expect(found).toEqual(words === undefined ? [] : [ownUser() + words]);
});
