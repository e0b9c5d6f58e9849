// The clients of `pounce prove` over TLS, HTTP/2 and Unix sockets, against the real executable: two
// reloads lose nothing.
import { afterAll, expect, setDefaultTimeout, test } from "bun:test";
import { chooseModes } from "../../src/prove/load/choose-modes.ts";
import type { Endpoint } from "../../src/prove/load/endpoint.ts";
import { Load } from "../../src/prove/load/load.ts";
import { isH2, type Mode, MODES } from "../../src/prove/load/plan.ts";
import { probe } from "../../src/prove/load/probe.ts";
import type { LoadResult } from "../../src/prove/load/result.ts";
import { lossesOf } from "../../src/prove/load/result.ts";
import { makeCertificate } from "../helpers/certificates.ts";
import { runSeed } from "../helpers/load/random.ts";
import { EVERY_ANSWER, PATHS } from "../helpers/prove/every-answer.ts";
import { type Config, pounceBinary, startPounce, stopAllServers } from "../helpers/server.ts";
import type { ServerProcess } from "../helpers/server-process.ts";
import { until } from "../helpers/until.ts";

// A busy machine may take its time.
setDefaultTimeout(90_000);

afterAll(stopAllServers);

const pair = makeCertificate();
const ALL = Object.keys(MODES) as Mode[];
const TIMEOUT_MS = 30_000;
/** Enough of each mode, and little work for a busy machine. */
const REQUESTS_A_SECOND = 300;

interface Case {
  readonly config: Config | string;
  readonly modes: readonly Mode[];
  readonly endpoint: (server: ServerProcess) => Endpoint;
}

/** A client that was held up may use its connection all the same. */
const KEPT = { keep_alive_timeout: 60 };
const host = "127.0.0.1";
const CASES: Readonly<Record<string, Case>> = {
  TLS: {
    config: { tls: { cert: "pair.pem", key: "pair.pem" }, ...KEPT },
    modes: ALL,
    endpoint: ({ port }) => ({ host, port, tls: { ca: pair.cert } }),
  },
  "HTTP/2 without TLS": {
    config: { h2c: true, ...KEPT },
    modes: ALL.filter(isH2),
    endpoint: ({ port }) => ({ host, port }),
  },
  "a Unix socket": {
    config: `app = "./app.ts"\nworkers = 2\nkeep_alive_timeout = 60\nuds = "app.sock"\n`,
    modes: ALL.filter((mode) => !isH2(mode)),
    endpoint: ({ dir }) => ({ path: `${dir}/app.sock` }),
  },
};

/** How often each mode has been lost, and how: none, if all is well. */
function lossesIn({ seed, modes }: LoadResult) {
  const lossy = modes.filter((mode) => lossesOf(mode) > 0);
  return lossy.map(({ mode, lost, firstLosses }) => ({ seed, mode, lost, firstLosses }));
}

/** The modes that have not had so many requests; slow ones need time for one. */
function lacking({ modes }: LoadResult, least: number): string[] {
  return modes.filter(({ requests }) => requests < least).map(({ mode }) => mode);
}

const SLOW: ReadonlySet<string> = new Set(["sse", "h2-sse", "slow-upload"]);

test.concurrent.each(Object.entries(CASES))(
  "two reloads under the load of all modes over %s lose nothing",
  async (_name, { config, modes: wanted, endpoint: of }) => {
    await using server = await startPounce({
      app: EVERY_ANSWER,
      config,
      prepare: async (dir) => {
        await Bun.write(`${dir}/pair.pem`, pair.cert + pair.key, { mode: 0o600 });
      },
    });
    const target = { endpoint: of(server), headers: {} };
    const trials = { postPaths: PATHS, isH2Tried: wanted.some(isH2) };
    const findings = await probe(target, PATHS, trials, TIMEOUT_MS);
    const { modes, leftOut } = chooseModes(findings, wanted);
    expect(leftOut).toEqual([]);
    const settings = { seed: runSeed, timeoutMs: TIMEOUT_MS, rate: REQUESTS_A_SECOND };
    const plan = { ...target, ...settings, modes, clients: 2 * modes.length, processes: 1 };
    const load = Load.start(plan, { command: [pounceBinary()] });
    const untilAll = (least: number): Promise<void> =>
      until(
        `${least} requests of all modes`,
        () => lacking(load.result, least).every((mode) => SLOW.has(mode)),
        60_000,
      );
    try {
      await untilAll(1);
      await server.steer();
      await untilAll(2);
      await server.steer();
      await untilAll(3);
      const result = await load.stop();
      expect(lossesIn(result)).toEqual([]);
      expect(lacking(result, 1)).toEqual([]);
    } finally {
      load.end();
    }
  },
);
