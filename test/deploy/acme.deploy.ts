// Certificates by themselves, from a real CA (pebble). `bun run verify:deploy acme`.
// packages: pebble, nginx-light
import { afterAll, expect, test } from "bun:test";
import library from "acme-client";
import { once } from "node:events";
import { mkdirSync, readdirSync, readFileSync, statSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { PeerCertificate } from "node:tls";
import type { Snapshot } from "../../src/admin/protocol.ts";
import { makeCertificate } from "../helpers/certificates.ts";
import { handOver } from "../helpers/handover.ts";
import { startNginx } from "../helpers/nginx.ts";
import { type Pebble, startPebble } from "../helpers/pebble.ts";
import { freePort } from "../helpers/ports.ts";
import { commandLine, taggedProcesses } from "../helpers/processes.ts";
import {
  pounce,
  type PounceOptions,
  type ServerProcess,
  startControlled,
  startPounce,
  stopAllServers,
} from "../helpers/server.ts";
import { RawSocket } from "../helpers/requests.ts";
import { connectTls } from "../helpers/tls-clients.ts";
import { until } from "../helpers/until.ts";

afterAll(stopAllServers);

const APP = `export default { fetch: () => new Response("hello") };`;
const CONTROL = { control_socket: "control.sock" };
const state = await mkdtemp(join(tmpdir(), "pounce-acme-"));
afterAll(() => rm(state, { recursive: true }));
let states = 0;

/** A folder that no other test has. */
function newState(): string {
  return join(state, String(states++));
}

interface Wanted {
  readonly pebble: Pick<Pebble, "directory" | "ca" | "httpPort">;
  readonly domains?: readonly string[];
  readonly folder?: string;
}

function options({ pebble, domains = ["a.test"], folder = newState() }: Wanted): PounceOptions {
  const { directory, ca, httpPort } = pebble;
  const acme = { domains, email: "ops@example.org", directory, ca, http_port: httpPort };
  return { app: APP, config: { tls: { acme }, state_directory: folder, ...CONTROL } };
}

async function certificateFor({ port }: ServerProcess, servername: string) {
  const socket = await connectTls(port, { servername });
  const certificate = socket.getPeerCertificate(true) as PeerCertificate;
  socket.destroy();
  return { issuer: String(certificate.issuer.CN), fingerprint: certificate.fingerprint256 };
}

/** Resolves with the fingerprint once all workers serve one of the CA; each is asked often. */
async function untilIssued(server: ServerProcess, name: string): Promise<string> {
  let last = "";
  await until(`a certificate for ${name}`, async () => {
    const seen = await Promise.all(Array.from({ length: 8 }, () => certificateFor(server, name)));
    last = seen[0]?.fingerprint ?? "";
    return seen.every(({ issuer, fingerprint }) => {
      return issuer.startsWith("Pebble") && fingerprint === last;
    });
  });
  return last;
}

async function statusOf(server: ServerProcess): Promise<Snapshot> {
  const { stdout } = await pounce(server, "status", "--json");
  return JSON.parse(stdout) as Snapshot;
}

async function metricsOf(server: ServerProcess): Promise<string> {
  const unix = join(server.dir, "control.sock");
  return (await fetch("http://pounce/metrics", { unix })).text();
}

/** It is not bound to find out: the one who is to listen there would not get it. */
async function isFree(port: number): Promise<boolean> {
  try {
    (await RawSocket.connect("127.0.0.1", port)).close();
    return false;
  } catch {
    return true;
  }
}

/** The processes of a server that order. */
function ordering(server: ServerProcess): number[] {
  return taggedProcesses(server.tag).filter((pid) => commandLine(pid).includes("certificate for"));
}

test("the first certificate: self-signed until then, and kept over a restart", async () => {
  await using pebble = await startPebble();
  const folder = newState();
  {
    await using server = await startControlled(options({ pebble, folder }));
    await server.waitForLog(/there is no certificate yet for a\.test: a self-signed one is served/);
    await server.waitForLog(/There is a new certificate for a\.test/);
    await untilIssued(server, "a.test");
    await until("the port is free", () => isFree(pebble.httpPort));
    const [snapshot, metrics] = await Promise.all([statusOf(server), metricsOf(server)]);
    expect(snapshot.acme).toMatchObject([{ domain: "a.test", state: "valid", failures: 0 }]);
    expect(metrics).toMatch(/pounce_acme_failures\{name="a\.test"\} 0/);
    expect(metrics).toMatch(/pounce_acme_next_order_timestamp_seconds\{name="a\.test"\} \d+/);
    server.signal("SIGTERM");
    await server.exited;
  }
  const [ca = ""] = readdirSync(join(folder, "acme"));
  const own = join(folder, "acme", ca);
  const files = ["account.key", "certificates/a.test.pem", "order.lock"];
  expect(files.map((name) => statSync(join(own, name)).mode & 0o777)).toEqual([
    0o600, 0o600, 0o600,
  ]);
  expect(statSync(own).mode & 0o777).toBe(0o700);
  expect(readdirSync(join(own, "certificates"))).toEqual(["a.test.pem"]);
  const before = readFileSync(join(own, "certificates/a.test.pem"), "utf8");
  const account = readFileSync(join(own, "account.key"), "utf8");

  // With one more domain: only that is ordered, by the same account.
  const wanted = { pebble, folder, domains: ["a.test", "b.test"] };
  await using server = await startControlled(options(wanted));
  await untilIssued(server, "a.test");
  await untilIssued(server, "b.test");
  expect(server.logs.text()).not.toContain("certificate for a.test from");
  expect(readFileSync(join(own, "certificates/a.test.pem"), "utf8")).toBe(before);
  expect(readFileSync(join(own, "account.key"), "utf8")).toBe(account);
  expect(pebble.logs.text()).toContain("There are now 1 accounts");
  expect(pebble.logs.text()).not.toContain("There are now 2 accounts");
  const { stdout: checked } = await pounce(server, "check");
  expect(checked).toMatch(/a\.test: ordered from localhost:\d+ on 20/);
  // A reload orders nothing that is there.
  await server.reload();
  expect(server.logs.text()).not.toContain("certificate for a.test from");
}, 120_000);

test("renewals under load lose no request, and end no connection", async () => {
  const validSeconds = 18;
  await using pebble = await startPebble(validSeconds);
  const { config, ...rest } = options({ pebble });
  const keepAlive = { ...(config as object), keep_alive_timeout: 60 };
  await using server = await startPounce({ ...rest, config: keepAlive });
  const first = await untilIssued(server, "a.test");
  const kept = await connectTls(server.port, { servername: "a.test" });
  const askAgain = async (): Promise<string> => {
    kept.write("GET / HTTP/1.1\r\nHost: a.test\r\n\r\n");
    return String(await once(kept, "data", { signal: AbortSignal.timeout(20_000) }));
  };
  expect(await askAgain()).toContain("200 OK");
  const workers = server.workers();
  const load = { answered: 0, isOver: false };
  const clients = Array.from({ length: 4 }, async (_, index) => {
    while (!load.isOver) {
      const response = await fetch(`https://127.0.0.1:${server.port}/`, {
        tls: { rejectUnauthorized: false },
        keepalive: index % 2 === 0,
      });
      if ((await response.text()) === "hello") load.answered++;
      await Bun.sleep(5);
    }
  });
  const seen = new Set([first]);
  await until("two more certificates", async () => {
    await Bun.sleep(1000);
    expect(await askAgain()).toContain("200 OK");
    seen.add((await certificateFor(server, "a.test")).fingerprint);
    return seen.size >= 3;
  });
  load.isOver = true;
  await Promise.all(clients);
  console.log(`${load.answered} requests over ${seen.size - 1} renewals, none lost`);
  kept.destroy();
  expect(server.workers()).toEqual(workers);
  expect(server.logs.text()).not.toMatch(/No (new )?certificate for/);
}, 120_000);

test("a domain that leads elsewhere: the server serves, and tries again later", async () => {
  await using pebble = await startPebble();
  await pebble.failName("bad.test", true);
  await using server = await startControlled(
    options({ pebble, domains: ["bad.test", "good.test"] }),
  );
  const line = await server.waitForLog(/No certificate for bad\.test/);
  expect(line).toMatch(/A self-signed one is served meanwhile, .*the next attempt is at 20/);
  await untilIssued(server, "good.test");
  const [bad] = (await statusOf(server)).acme ?? [];
  expect(bad).toMatchObject({ domain: "bad.test", state: "missing", failures: 1 });
  const waitMs = Date.parse(bad?.next ?? "") - Date.now();
  expect(waitMs).toBeGreaterThan(2 * 60_000);
  // Who reloads again and again does not use up what the CA allows.
  await pebble.failName("bad.test", false);
  await server.reload();
  const { stdout } = await pounce(server, "status");
  expect(stdout).toMatch(/acme: bad\.test, NO VALID CERTIFICATE, the last order failed \(next: /);
  expect(server.logs.text().match(/No certificate for bad\.test/g)).toHaveLength(1);
}, 120_000);

test("an account that was closed: its key is kept aside, and another one is opened", async () => {
  await using pebble = await startPebble();
  const folder = newState();
  await using server = await startControlled(options({ pebble, folder }));
  const first = await untilIssued(server, "a.test");
  const [ca = ""] = readdirSync(join(folder, "acme"));
  const own = join(folder, "acme", ca);
  await closeAccount(pebble, readFileSync(join(own, "account.key"), "utf8"));
  await rm(join(own, "certificates/a.test.pem"));
  await server.reload();
  await until("another certificate", async () => (await untilIssued(server, "a.test")) !== first);
  expect(readdirSync(own).filter((name) => name.startsWith("broken-"))).toHaveLength(1);
  expect(server.logs.text()).not.toMatch(/No (new )?certificate for/);
}, 120_000);

test("a file that is lost: the certificate serves on until there is another one", async () => {
  await using pebble = await startPebble();
  const folder = newState();
  await using server = await startControlled(options({ pebble, folder }));
  const first = await untilIssued(server, "a.test");
  const [ca = ""] = readdirSync(join(folder, "acme"));
  await rm(join(folder, "acme", ca, "certificates/a.test.pem"));
  await server.reload();
  await until("another certificate", async () => {
    const { issuer, fingerprint } = await certificateFor(server, "a.test");
    expect(issuer).toStartWith("Pebble");
    await Bun.sleep(200);
    return fingerprint !== first;
  });
}, 120_000);

test("a CA that is none, or cannot be reached: the log says what to mend", async () => {
  const { cert, key } = makeCertificate();
  const web = Bun.serve({
    port: 0,
    hostname: "127.0.0.1",
    tls: { cert, key },
    fetch: () => new Response("<h1>Welcome</h1>"),
  });
  const closed = freePort();
  const other = makeCertificate();
  const amiss: [string, string, RegExp][] = [
    [`https://localhost:${web.port}/dir`, cert, /something else instead of an ACME directory: set/],
    [`https://localhost:${web.port}/dir`, other.cert, /is not trusted .*: set tls\.acme\.ca to/],
    [`https://localhost:${closed}/dir`, cert, /accepts no connections: see whether tls\.acme/],
    ["https://ca.invalid/dir", cert, /ca\.invalid .*(DNS)/],
  ];
  for (const [directory, trusted, words] of amiss) {
    const base = options({ pebble: { directory, ca: "api.pem", httpPort: freePort() } });
    await using server = await startControlled({
      ...base,
      prepare: async (dir) => void (await Bun.write(join(dir, "api.pem"), trusted)),
    });
    expect(await server.waitForLog(/No certificate for a\.test/)).toMatch(words);
    expect(await statusOf(server)).toMatchObject({ acme: [{ state: "missing", failures: 1 }] });
  }
  await web.stop(true);
}, 120_000);

test("behind nginx, which has port 80, with the lines of the manual", async () => {
  await using pebble = await startPebble();
  const manual = readFileSync("src/manual/acme.md", "utf8");
  const location = /```nginx\n(location .*)\n```/.exec(manual)?.[1] ?? "";
  const own = freePort();
  // nginx listens where the CA asks.
  const lines = location.replace("8402", String(own));
  await using proxy = await startNginx({ port: own }, "", lines);
  // The CA asks there.
  await using asked = relayed(pebble.httpPort, proxy.port);
  await using server = await startPounce(options({ pebble: { ...pebble, httpPort: own } }));
  await untilIssued(server, "a.test");
  expect(asked.connections).toBeGreaterThan(0);
}, 120_000);

test("a port that another program has: the log says what to do", async () => {
  await using pebble = await startPebble();
  const taken = Bun.listen({ hostname: "0.0.0.0", port: pebble.httpPort, socket: { data() {} } });
  await using server = await startPounce(options({ pebble }));
  const line = await server.waitForLog(/No certificate for a\.test/);
  expect(line).toMatch(/port \d+ is in use by another program: .*proxy_pass.*acme\.http_port/);
  taken.stop(true);
}, 120_000);

test("a handover, the death of a master: one order at a time, and the port is free", async () => {
  await using silent = await startSilent();
  const { httpPort, server } = silent;
  await until("an order is under way", async () => !(await isFree(httpPort)));
  expect(ordering(server)).toHaveLength(1);
  const [before] = ordering(server);
  const { pid } = await handOver(server);
  await until("the successor orders", () => {
    const now = ordering(server);
    expect(now.length).toBeLessThanOrEqual(1);
    return now.length === 1 && now[0] !== before;
  });
  await until("the port is taken again", async () => !(await isFree(httpPort)));
  process.kill(pid, "SIGKILL");
  await until("the order has ended", async () => {
    return ordering(server).length === 0 && (await isFree(httpPort));
  });
}, 120_000);

test("a check beside an order says whose the port is; one that is killed has failed", async () => {
  await using silent = await startSilent();
  const { httpPort, server } = silent;
  await until("an order is under way", async () => !(await isFree(httpPort)));
  const [pid = 0] = ordering(server);
  const { stdout } = await pounce(server, "check");
  expect(stdout).toContain(
    `ok   acme.http_port: ${httpPort}: in use by an order that is under way`,
  );
  // As the kernel does when memory is short: again and again would help nobody.
  process.kill(pid, "SIGKILL");
  const line = await server.waitForLog(/No certificate for a\.test/);
  expect(line).toContain("the process that orders has ended (signal SIGKILL)");
  expect(ordering(server)).toEqual([]);
}, 120_000);

test("a disk that is full: nothing is ordered that could not be kept", async () => {
  await using pebble = await startPebble();
  const folder = newState();
  mkdirSync(folder);
  const mount = Bun.spawnSync(["mount", "-t", "tmpfs", "-o", "size=8k", "tmpfs", folder]);
  if (!mount.success) return console.log("not permitted to mount: left out");
  try {
    await using server = await startControlled(options({ pebble, folder }));
    const line = await server.waitForLog(/No certificate for a\.test/);
    expect(line).toMatch(/\.room: ENOSPC: no space left on device/);
    expect(pebble.logs.text()).not.toContain("new-acct");
  } finally {
    Bun.spawnSync(["umount", folder]);
  }
}, 120_000);

/** A server whose CA never answers. */
async function startSilent() {
  const { cert, key } = makeCertificate();
  const silent = Bun.serve({
    port: 0,
    hostname: "127.0.0.1",
    tls: { cert, key },
    idleTimeout: 0,
    fetch: () => Promise.withResolvers<Response>().promise,
  });
  const httpPort = freePort();
  const directory = `https://localhost:${silent.port}/dir`;
  const base = options({ pebble: { directory, ca: "api.pem", httpPort } });
  const server = await startControlled({
    ...base,
    prepare: async (dir) => void (await Bun.write(join(dir, "api.pem"), cert)),
  });
  return {
    httpPort,
    server,
    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose]();
      await silent.stop(true);
    },
  };
}

async function closeAccount({ directory, ca }: Pebble, accountKey: string): Promise<void> {
  library.axios.defaults.adapter = "fetch";
  const axios = library.axios.defaults as { fetchOptions?: object };
  axios.fetchOptions = { tls: { ca: readFileSync(ca, "utf8") } };
  const client = new library.Client({ directoryUrl: directory, accountKey });
  const closed: object = { status: "deactivated" };
  await client.createAccount({ onlyReturnExisting: true });
  await client.updateAccount(closed);
}

/** Passes connections on from one port to another. */
function relayed(from: number, to: number) {
  interface Ends {
    other: Bun.Socket<Ends> | undefined;
    readonly early: Uint8Array[];
  }
  let connections = 0;
  const pass = {
    data(socket: Bun.Socket<Ends>, bytes: Uint8Array) {
      if (socket.data.other === undefined) socket.data.early.push(bytes.slice());
      else socket.data.other.write(bytes);
    },
    close: (socket: Bun.Socket<Ends>) => void socket.data.other?.end(),
  };
  const listener = Bun.listen<Ends>({
    hostname: "127.0.0.1",
    port: from,
    socket: {
      ...pass,
      open(socket) {
        connections++;
        socket.data = { other: undefined, early: [] };
        void Bun.connect<Ends>({
          hostname: "127.0.0.1",
          port: to,
          data: { other: socket, early: [] },
          socket: pass,
        }).then((other) => {
          socket.data.other = other;
          for (const bytes of socket.data.early) other.write(bytes);
        });
      },
    },
  });
  return {
    get connections() {
      return connections;
    },
    [Symbol.asyncDispose]: () => Promise.resolve(listener.stop(true)),
  };
}
