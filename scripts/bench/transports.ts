// Throughput over TLS, HTTP/2 and a Unix socket against raw Bun.serve over the same, and how many
// new TLS connections there are in a second.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { makeCertificate } from "../../test/helpers/certificates.ts";
import { LoadClient } from "./load/calls.ts";
import type { TransportCalls } from "./load/transport-client.ts";
import { type Bench, CONNECTIONS, type Findings, note } from "./measure.ts";
import type { Row } from "./report.ts";
import { contest, NAMES, type Round, rowsOf } from "./rounds.ts";
import { benchFile, Pounce, RawPair } from "./servers.ts";
import { median } from "./statistics.ts";
import { startPounceUnix, startRawUnix, type UnixServer } from "./transports/unix.ts";

/** At least, over TLS. */
const LIMIT = 0.97;
const LANES = 8;
/** Clients that connect again and again. */
const CONNECTING = 32;

type Client = LoadClient<TransportCalls>;

const OVER_TLS = {
  "TLS, HTTP/1.1": { protocol: "http/1.1", use: "kept", connections: CONNECTIONS, lanes: 1 },
  "TLS, HTTP/2": { protocol: "h2", use: "kept", connections: CONNECTIONS / LANES, lanes: LANES },
  "TLS, a new connection each": {
    protocol: "http/1.1",
    use: "one request each",
    connections: CONNECTING,
    lanes: 1,
  },
} as const;

type Transport = keyof typeof OVER_TLS | "a Unix socket";

/** Measures one of them. */
export function over(transport: Transport): (bench: Bench) => Promise<Findings> {
  return async (bench) => {
    const client: Client = new LoadClient<TransportCalls>("transport-client.ts");
    const app = benchFile("apps/sync.ts");
    const rounds =
      transport === "a Unix socket"
        ? await overUnix(bench, app, client)
        : await overTls(bench, app, OVER_TLS[transport], client);
    await client.end();
    return { rows: report(transport, rounds), rounds };
  };
}

async function overTls(
  bench: Bench,
  app: string,
  load: (typeof OVER_TLS)[keyof typeof OVER_TLS],
  client: Client,
): Promise<Round[]> {
  const { workspace, seconds } = bench;
  const { cert, key } = makeCertificate();
  const pair = join(workspace.dir, "pair.pem");
  writeFileSync(pair, cert + key, { mode: 0o600 });
  const flags = ["--tls-cert", pair, "--tls-key", pair];
  const raw = (): Promise<RawPair> => RawPair.start(workspace, app, undefined, [pair]);
  const measured = (): Promise<Pounce> => Pounce.start(workspace, app, { flags });
  return contest(bench, { first: raw, measured, second: raw }, ({ port, workers }) =>
    client.call("measure", { ...load, place: { port, cert }, workers, seconds }),
  );
}

async function overUnix(bench: Bench, app: string, client: Client): Promise<Round[]> {
  const { workspace, seconds } = bench;
  const paths = new Map<string, string>();
  const known = async (starting: Promise<UnixServer>): Promise<UnixServer> => {
    const server = await starting;
    paths.set(server.workers().join(" "), server.path);
    return server;
  };
  const raw = (): Promise<UnixServer> => known(startRawUnix(workspace, app));
  const measured = (): Promise<UnixServer> => known(startPounceUnix(workspace, app));
  return contest(bench, { first: raw, measured, second: raw }, ({ workers }) => {
    const path = paths.get(workers.join(" ")) ?? "";
    const load = { protocol: "http/1.1", use: "kept", connections: CONNECTIONS, lanes: 1 } as const;
    return client.call("measure", { ...load, place: { path }, workers, seconds });
  });
}

function report(transport: string, rounds: readonly Round[]): Row[] {
  for (const name of NAMES) {
    const rate = Math.round(median(rounds.map((round) => round[name].requestsPerSecond)));
    const cpu = median(rounds.map((round) => round[name].cpuMicrosPerRequest)).toFixed(2);
    note(`${transport.padEnd(26)}  ${name.padEnd(8)}  ${rate} requests/s, ${cpu} µs CPU each`);
  }
  const limit = transport === "TLS, HTTP/1.1" ? LIMIT : undefined;
  return rowsOf(`${transport}: pounce / raw`, limit, rounds);
}
