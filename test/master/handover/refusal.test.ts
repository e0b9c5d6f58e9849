// Where the end of the old master would be taken for the server's, a handover is refused.
import { expect, test } from "bun:test";
import { handoverRefusal, type Watcher } from "../../../src/master/handover/refusal.ts";

const SHELL: Watcher = {
  pid: 500,
  env: {},
  parent: "bash",
  isParentFirst: false,
  sharesAddresses: true,
};

const REFUSED: Record<string, [Partial<Watcher>, RegExp]> = {
  "where no two servers can share an address": [{ sharesAddresses: false }, /restart it instead/],
  "as process 1": [{ pid: 1 }, /process 1; start a new container/],
  "under supervisord": [{ env: { SUPERVISOR_ENABLED: "1" } }, /^supervisord would start a second/],
  "under runit": [{ parent: "runsv" }, /^runsv would start a second server/],
  "under an init of a container": [{ parent: "tini", isParentFirst: true }, /\(tini\)/],
  "as systemd's main process that cannot notify it": [
    { env: { SYSTEMD_EXEC_PID: "500" } },
    /Type=notify/,
  ],
};

for (const [where, [change, reason]] of Object.entries(REFUSED)) {
  test(`${where} a handover is refused with the reason`, () => {
    expect(handoverRefusal({ ...SHELL, ...change })).toMatch(reason);
  });
}

const ALLOWED: Record<string, Partial<Watcher>> = {
  "from a shell": {},
  "by a daemon whose parent is process 1": { parent: "systemd", isParentFirst: true },
  "under systemd with a notify socket": {
    env: { SYSTEMD_EXEC_PID: "500", NOTIFY_SOCKET: "/run/systemd/notify" },
  },
  "by a child of a service that is not its main process": { env: { SYSTEMD_EXEC_PID: "499" } },
  "below a tini that is not process 1": { parent: "tini" },
};

for (const [where, change] of Object.entries(ALLOWED)) {
  test(`${where} a handover is allowed`, () => {
    expect(handoverRefusal({ ...SHELL, ...change })).toBeUndefined();
  });
}
