// What a reload costs many WebSockets, by who does it: pounce that carries them to the new version,
// pounce that closes them, and PM2 in cluster mode. Each has two workers and the same clients,
// which connect again when they are closed, as those of the manual do.
//
// bun scripts/websocket-compare.ts [--clients 10000] [--rounds 1] [--each-ms 1000] [--pm2 FOLDER]
//   [--targets carry,close,pm2,pm2-1012] [EXECUTABLE]
//
// Half of the clients talk, each once in `--each-ms`. All run in this process, on the processors of
// the servers. In each round the servers take turns in another order. PM2 and `ws` are not among
// our packages: FOLDER is one with them, made by
//
//   apt-get install nodejs npm
//   mkdir FOLDER && cd FOLDER && npm install pm2@7 ws@8
//
// PM2 has its home in a temporary folder, and its daemon ends with its turn. An app under PM2 that
// does as PM2's manual says leaves its WebSockets alone ("pm2"): they are cut off when PM2 kills it
// after 1.6 s. With "pm2-1012" the app closes them with 1012 by itself.
import { mkdtemp, realpath, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { endChildren } from "./bench/child.ts";
import { WORKERS } from "./bench/servers.ts";
import { median } from "./bench/statistics.ts";
import type { Workspace } from "./bench/workspace.ts";
import { Crowd } from "./websockets/crowd.ts";
import { hasPm2, pm2Target, pounceTarget, type StartTarget } from "./websockets/servers.ts";

const SETTLE_MS = 2000;
const RESTART_CODE = 1012;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    clients: { type: "string", default: "10000" },
    rounds: { type: "string", default: "1" },
    "each-ms": { type: "string", default: "1000" },
    pm2: { type: "string" },
    targets: { type: "string", default: "carry,close,pm2,pm2-1012" },
  },
});
const count = Number(values.clients);
const eachMs = Number(values["each-ms"]);

const TARGETS: Readonly<Record<string, (pm2: string) => StartTarget>> = {
  carry: () => pounceTarget("carry", WORKERS),
  close: () => pounceTarget("close", WORKERS),
  pm2: (folder) => pm2Target(folder),
  "pm2-1012": (folder) => pm2Target(folder, RESTART_CODE),
};

/** The targets asked for that can be had. */
function chosen(): Map<string, StartTarget> {
  const found = new Map<string, StartTarget>();
  const folder = resolve(values.pm2 ?? "");
  for (const name of values.targets.split(",")) {
    const target = TARGETS[name];
    if (target === undefined) throw new Error(`no target is called "${name}"`);
    if (name.startsWith("pm2") && (values.pm2 === undefined || !hasPm2(folder))) {
      const why = values.pm2 === undefined ? "no --pm2 FOLDER" : `no PM2 and ws in ${folder}`;
      console.log(`${name} is left out: ${why} (see the head of this script)`);
    } else {
      found.set(name, target(folder));
    }
  }
  return found;
}

type Row = Record<string, number>;

async function measure(start: StartTarget, workspace: Workspace): Promise<Row> {
  const target = await start(workspace);
  try {
    const crowd = await Crowd.open(target.port, count, eachMs);
    await Bun.sleep(SETTLE_MS);
    crowd.watch();
    const [beganMs, beganAtMs] = [performance.now(), Date.now()];
    const movedAtMs = await target.reload();
    const reloadedMs = performance.now() - beganMs;
    await crowd.settle(eachMs + SETTLE_MS);
    const { sent, lost, wrong, ended, returned, lastOpenedMs, waitMs } = await crowd.seen();
    crowd.end();
    return {
      closed: ended,
      reconnects: returned,
      "all moved or back, s":
        Math.max(lastOpenedMs - beganMs, (movedAtMs ?? beganAtMs) - beganAtMs) / 1000,
      "old version gone, s": reloadedMs / 1000,
      "echo p50, ms": waitMs.p50,
      "p99, ms": waitMs.p99,
      "max, ms": waitMs.max,
      sent,
      lost,
      "out of order": wrong,
    };
  } finally {
    await target.end();
  }
}

/** Of each figure. */
function medianOf(rows: readonly Row[]): Row {
  const [first = {}] = rows;
  const entries = Object.keys(first).map((key) => [key, median(rows.map((row) => row[key] ?? 0))]);
  return Object.fromEntries(entries) as Row;
}

function show(rows: ReadonlyMap<string, Row>): void {
  const rounded = (row: Row): Row =>
    Object.fromEntries(
      Object.entries(row).map(([key, value]) => [key, Math.round(value * 100) / 100]),
    );
  console.table(Object.fromEntries([...rows].map(([name, row]) => [name, rounded(row)])));
}

const dir = await realpath(await mkdtemp(join(tmpdir(), "websocket-compare-")));
const pounce = resolve(positionals[0] ?? "dist/pounce");
const workspace: Workspace = { dir, pounce, before: undefined };
try {
  const targets = [...chosen()];
  const all = new Map(targets.map(([name]) => [name, [] as Row[]]));
  for (let round = 0; round < Number(values.rounds); round++) {
    const first = round % targets.length;
    const seen = new Map<string, Row>();
    for (const [name, start] of [...targets.slice(first), ...targets.slice(0, first)]) {
      const row = await measure(start, workspace);
      seen.set(name, row);
      all.get(name)?.push(row);
    }
    console.log(`round ${round + 1}`);
    show(seen);
  }
  console.log("medians");
  show(new Map([...all].map(([name, rows]) => [name, medianOf(rows)])));
} finally {
  await endChildren();
  await rm(dir, { recursive: true });
}
process.exit(0);
