// All that can be measured, by name, in the order in which it is.
import { accessLog } from "./access-log.ts";
import { coldStart } from "./cold-start.ts";
import { idle } from "./goals/idle.ts";
import { load } from "./goals/load.ts";
import { memory, memoryRounds } from "./goals/memory.ts";
import { growth } from "./growth.ts";
import { latency } from "./latency.ts";
import type { Measure } from "./measure.ts";
import { peers, peersSeconds } from "./peers.ts";
import { programs } from "./programs.ts";
import { publish } from "./publish.ts";
import { reload } from "./reload.ts";
import { connections } from "./scale/connections.ts";
import { imports } from "./scale/imports.ts";
import { openConnections } from "./scale/open-connections.ts";
import { roundsOf } from "./scale/rounds.ts";
import { workers } from "./scale/workers.ts";
import { throughput } from "./throughput.ts";
import { over } from "./transports.ts";
import { warmUp } from "./warm-up.ts";

/** The goals that pounce has set itself, in under five minutes. */
const DEFAULTS: Readonly<Record<string, Measure>> = {
  load: {
    run: load,
    isComparing: true,
    seconds: ({ rounds, seconds, isFull }) => rounds * ((isFull ? 18 : 11.5) + 8 * seconds),
  },
  idle: { run: idle, isComparing: true, seconds: ({ rounds }) => 5 * rounds },
  memory: { run: memory, isComparing: true, seconds: (bench) => 10 + 4 * memoryRounds(bench) },
};

export const DEFAULT_NAMES: readonly string[] = Object.keys(DEFAULTS);

/** How pounce fares where there is more of something. */
const SCALE: Readonly<Record<string, Measure>> = {
  workers: { run: workers, seconds: (bench) => roundsOf(bench) * 4 * (4 + bench.seconds) },
  connections: {
    run: connections,
    seconds: (bench) => roundsOf(bench) * 4 * (5 + 3 * bench.seconds),
  },
  imports: { run: imports, seconds: (bench) => roundsOf(bench) * 60 },
  "open-connections": { run: openConnections, seconds: (bench) => roundsOf(bench) * 60 },
  growth: { run: growth, seconds: ({ rounds }) => rounds * 70 },
};

/** What TLS, HTTP/2 and Unix sockets cost more in pounce than in raw Bun.serve. */
const TRANSPORTS: Readonly<Record<string, Measure>> = {
  tls: transport("TLS, HTTP/1.1"),
  http2: transport("TLS, HTTP/2"),
  "tls-connections": transport("TLS, a new connection each"),
  unix: transport("a Unix socket"),
};

function transport(name: Parameters<typeof over>[0]): Measure {
  return {
    run: over(name),
    seconds: ({ rounds, seconds }) => rounds * 3 * (2 * seconds + 0.9),
  };
}

/** Names for several measurements. */
export const GROUPS: Readonly<Record<string, readonly string[]>> = {
  scale: Object.keys(SCALE),
  transports: Object.keys(TRANSPORTS),
};

export const MEASURES: Readonly<Record<string, Measure>> = {
  ...DEFAULTS,
  ...SCALE,
  throughput: {
    run: throughput,
    seconds: ({ rounds, seconds }) => rounds * 15 * (2 * seconds + 0.9),
  },
  ...TRANSPORTS,
  "access-log": {
    run: accessLog,
    seconds: ({ rounds, seconds }) => rounds * 12 * (2 * seconds + 0.9),
  },
  reload: { run: reload, seconds: ({ rounds }) => 1 + rounds * 3.5 },
  "cold-start": { run: coldStart, seconds: ({ rounds }) => 5 + rounds * 2.3 },
  "warm-up": { run: warmUp, seconds: ({ rounds }) => 1 + rounds * 8 },
  latency: { run: latency, seconds: ({ rounds }) => 4 + 12 * Math.ceil(rounds / 2) },
  publish: { run: publish, seconds: ({ rounds, seconds }) => rounds * 4 * (2 + seconds) },
  peers: { run: peers, seconds: peersSeconds },
  programs: { run: programs, seconds: ({ rounds, seconds }) => 150 + rounds * (10 + 22 * seconds) },
};

/** Those that `--against` goes with. */
export const COMPARING_NAMES: readonly string[] = Object.entries(MEASURES)
  .filter(([, { isComparing }]) => isComparing)
  .map(([name]) => name);
