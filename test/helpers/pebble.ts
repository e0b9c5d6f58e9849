// Pebble, Let's Encrypt's own CA for tests, on ports of its own, with a DNS in which every name
// leads to 127.0.0.1, unless it was made to fail.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { makeCertificate } from "./certificates.ts";
import { LogBook } from "./log-book.ts";
import { freePort } from "./ports.ts";

/** Of all requests, so many get a nonce refused, as a real CA does now and then. */
const REFUSED_NONCES = "20";

export interface Pebble {
  readonly directory: string;
  /** Whom to trust as its server. */
  readonly ca: string;
  /** Where it asks for HTTP-01. */
  readonly httpPort: number;
  readonly logs: LogBook;
  /** The DNS fails for this name from now on, or works again. */
  failName(host: string, fails: boolean): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** @param validitySeconds of its certificates */
export async function startPebble(validitySeconds = 90 * 86_400): Promise<Pebble> {
  const dir = await mkdtemp(join(tmpdir(), "pounce-pebble-"));
  const [port, control, httpPort, dns, dnsControl] = Array.from({ length: 5 }, freePort);
  const { cert, key } = makeCertificate();
  const pebble = {
    listenAddress: `127.0.0.1:${port}`,
    managementListenAddress: `127.0.0.1:${control}`,
    certificate: join(dir, "api.pem"),
    privateKey: join(dir, "api.key"),
    httpPort,
    tlsPort: freePort(),
    certificateValidityPeriod: validitySeconds,
  };
  await Bun.write(pebble.certificate, cert);
  await Bun.write(pebble.privateKey, key);
  await Bun.write(join(dir, "config.json"), JSON.stringify({ pebble }));
  const listens = ["-http01", "", "-https01", "", "-tlsalpn01", "", "-defaultIPv6", ""];
  const at = ["-dns01", `127.0.0.1:${dns}`, "-management", `127.0.0.1:${dnsControl}`];
  const names = start(["pebble-challtestsrv", ...listens, ...at]);
  const config = ["-config", join(dir, "config.json"), "-dnsserver", `127.0.0.1:${dns}`];
  const server = start(["pebble", ...config]);
  await server.logs.waitFor(/Listening on: 127/);
  await names.logs.waitFor(/Starting management server/);
  return {
    directory: `https://localhost:${port}/dir`,
    ca: pebble.certificate,
    httpPort: httpPort ?? 0,
    logs: server.logs,
    async failName(host, fails) {
      const path = fails ? "set-servfail" : "clear-servfail";
      const body = JSON.stringify({ host });
      await fetch(`http://127.0.0.1:${dnsControl}/${path}`, { method: "POST", body });
    },
    async [Symbol.asyncDispose]() {
      for (const { child } of [server, names]) child.kill("SIGKILL");
      await Promise.all([server.child.exited, names.child.exited]);
      await rm(dir, { recursive: true });
    },
  };
}

function start(command: string[]) {
  const env = { ...process.env, PEBBLE_VA_NOSLEEP: "1", PEBBLE_WFE_NONCEREJECT: REFUSED_NONCES };
  const child = Bun.spawn(command, { env, stdio: ["ignore", "pipe", "pipe"] });
  const logs = new LogBook();
  void logs.follow(child.stdout, child.stderr);
  return { child, logs };
}
