// The load of `pounce prove` with the real executable, whose clients are processes of their own.
import { afterAll, expect, setDefaultTimeout, test } from "bun:test";
import { fileURLToPath } from "node:url";
import { EXIT_CODE } from "../../src/exit-codes.ts";
import { chooseModes } from "../../src/prove/load/choose-modes.ts";
import { Load } from "../../src/prove/load/load.ts";
import { isH2, type LoadPlan, type Mode, MODES } from "../../src/prove/load/plan.ts";
import { probe } from "../../src/prove/load/probe.ts";
import { type LoadResult, lossesOf } from "../../src/prove/load/result.ts";
import { finished } from "../helpers/finished.ts";
import { EVERY_ANSWER, PATHS } from "../helpers/prove/every-answer.ts";
import { runSeed } from "../helpers/load/random.ts";
import { commandLine, isRunning, untilGone } from "../helpers/processes.ts";
import { pounceBinary, startPounce, stopAllServers } from "../helpers/server.ts";
import { until } from "../helpers/until.ts";

// A busy machine may take its time.
setDefaultTimeout(30_000);

afterAll(stopAllServers);

/** All that need no HTTP/2. */
const ALL = (Object.keys(MODES) as Mode[]).filter((mode) => !isH2(mode));

/** What these begin takes seconds, if the load does not stop. */
function isFast(mode: string): boolean {
  return mode !== "sse" && mode !== "slow-upload";
}

/** The modes that have had no request yet. */
function untried({ modes }: LoadResult): string[] {
  return modes.filter(({ requests }) => requests === 0).map(({ mode }) => mode);
}

function planOf(port: number, modes: LoadPlan["modes"]): LoadPlan {
  const target = { endpoint: { host: "127.0.0.1", port }, headers: {} };
  return { ...target, modes, seed: runSeed, timeoutMs: 15_000, processes: 2 };
}

/** A load on a port where nobody listens. */
const IDLE = planOf(1, [{ mode: "connection", paths: [{ path: "/", statuses: [200] }] }]);

test("a reload under the load of all modes loses nothing", async () => {
  await using server = await startPounce({ app: EVERY_ANSWER });
  const target = { endpoint: { host: "127.0.0.1", port: server.port }, headers: {} };
  const trials = { postPaths: PATHS, isH2Tried: false };
  const findings = await probe(target, PATHS, trials, 15_000);
  const { modes, leftOut } = chooseModes(findings);
  expect(leftOut.filter(({ mode }) => !isH2(mode))).toEqual([]);
  const load = Load.start(planOf(server.port, modes), { command: [pounceBinary()] });
  try {
    await until("all modes", () => !untried(load.result).some(isFast));
    const names = load.pids.map(commandLine);
    expect(names).toEqual(["pounce client 0 of prove", "pounce client 1 of prove"]);
    const { after } = await server.steer();
    const result = await load.stop();
    expect(result.seed).toBe(runSeed);
    expect(untried(result)).toEqual([]);
    expect(result.modes.map(({ mode }) => String(mode))).toEqual(ALL);
    expect(result.modes.filter((it) => lossesOf(it) > 0)).toEqual([]);
    await untilGone(load.pids, 5000);
    await server.waitForLog(/Graceful reload complete/, { after, timeoutMs: 15_000 });
  } finally {
    load.end();
  }
}, 60_000);

const LOAD = fileURLToPath(import.meta.resolve("../../src/prove/load/load.ts"));

/** Starts a load, and tells its processes. */
const START = `
const { Load } = await import(${JSON.stringify(LOAD)});
const load = Load.start(${JSON.stringify(IDLE)}, { command: [${JSON.stringify(pounceBinary())}] });
console.log(load.pids.join(" "));
`;

test.concurrent(
  "client processes end with who started them, however that ended",
  async () => {
    await using parent = Bun.spawn([process.execPath, "-e", START], { stderr: "inherit" });
    const { value } = await parent.stdout.getReader().read();
    const pids = Buffer.from(value ?? [])
      .toString()
      .trim()
      .split(" ")
      .map(Number);
    expect(pids.map(isRunning)).toEqual([true, true]);
    parent.kill("SIGKILL");
    await untilGone(pids, 5000);
  },
  15_000,
);

test.concurrent(
  "a load whose process is killed says so, and ends the others",
  async () => {
    const load = Load.start(IDLE, { command: [pounceBinary()] });
    try {
      process.kill(load.pids[0] ?? 0, "SIGKILL");
      const failed = load.failed.catch((error: unknown) => String(error));
      expect(await failed).toBe("Error: load client 0 has ended");
      const stopped = load.stop().catch((error: unknown) => String(error));
      expect(await stopped).toBe("Error: load client 0 has ended");
      await untilGone(load.pids, 5000);
    } finally {
      load.end();
    }
  },
  15_000,
);

test.concurrent(
  "nobody becomes a client by its arguments alone",
  async () => {
    const argv = [pounceBinary(), "client", "0", "of", "prove"];
    const child = Bun.spawn(argv, { stdin: "ignore", stdout: "pipe", stderr: "pipe" });
    const { code, stderr } = await finished(child);
    expect(code).toBe(EXIT_CODE.usage);
    expect(stderr).toContain('"client"');
  },
  15_000,
);
