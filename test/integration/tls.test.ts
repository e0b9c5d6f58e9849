// HTTP over TLS, as clients see it: certificates by name, versions, and what comes through a reload
// and a deadline as it does without TLS.
import { afterAll, expect, setDefaultTimeout, test } from "bun:test";
import { rename } from "node:fs/promises";
import { join } from "node:path";
import type { PeerCertificate } from "node:tls";
import { makeCertificate, type Made } from "../helpers/certificates.ts";
import {
  pounce,
  runPounce,
  startControlled,
  startPounce,
  stopAllServers,
} from "../helpers/server.ts";
import type { ServerProcess } from "../helpers/server-process.ts";
import { burst } from "../helpers/hostile/burst.ts";
import { askOn, certificateAt, connectTls, Relay } from "../helpers/tls-clients.ts";

setDefaultTimeout(30_000);
afterAll(stopAllServers);

const APP = `export default { async fetch(request, server) {
  const { pathname } = new URL(request.url);
  if (pathname === "/hold") {
    console.log("holding");
    await Bun.sleep(20_000);
  }
  return new Response(request.url + " " + server.protocol);
} };`;

const [first, second] = [makeCertificate(), makeCertificate({ names: ["b.test"] })];

async function write(dir: string, name: string, { cert, key }: Made): Promise<void> {
  await Bun.write(join(dir, `${name}.pem`), cert + key, { mode: 0o600 });
}

function start(
  more: object,
  app = APP,
  reloadTimeout = "30s",
  workers = 2,
): Promise<ServerProcess> {
  const tls = { cert: ["a.pem", "b.pem"], key: ["a.pem", "b.pem"], ...more };
  return startPounce({
    app,
    config: { tls, reload_timeout: reloadTimeout, workers },
    prepare: async (dir) => {
      await write(dir, "a", first);
      await write(dir, "b", second);
    },
  });
}

function ask({ port }: ServerProcess, path: string): Promise<Response> {
  const url = `https://localhost:${port}${path}`;
  return fetch(url, { tls: { ca: first.cert }, keepalive: false });
}

test.concurrent(
  "who trusts the certificate is served over TLS, and the app sees https",
  async () => {
    await using server = await start({}, APP, "1s");
    expect(server.logs.text()).toContain(`Listening on https://127.0.0.1:${server.port}`);
    const response = await ask(server, "/x");
    expect(await response.text()).toBe(`https://localhost:${server.port}/x https`);
    const sent = connectTls(server.port, { ALPNProtocols: ["h2", "http/1.1"] });
    using socket = Object.assign(await sent, { [Symbol.dispose]: () => undefined });
    expect(socket.alpnProtocol).toBe("h2");
    socket.destroy();

    // A request without an answer at the deadline gets 503, and the connection a proper end.
    const held = askOn(await connectTls(server.port), "/hold");
    await server.waitForLog("holding");
    await rename(join(server.dir, "b.pem"), join(server.dir, "c.pem"));
    const failed = await server.reloadThatFails();
    expect(failed.join("\n")).toContain(`tls.cert: ${server.dir}/b.pem cannot be read: ENOENT`);
    await write(server.dir, "b", makeCertificate({ names: ["c.test"] }));
    const [answer] = await Promise.all([held, server.reload()]);
    expect(answer).toMatch(/^HTTP\/1.1 503 .*"status":503\}$/s);
    expect(await certificateAt(server.port, "c.test")).toBe("c.test");
  },
);

test.concurrent("who is in the middle of a handshake at a reload is served", async () => {
  await using server = await start({ http2: false });
  // Nothing of the client's greeting, a part of it, all of it but the last word.
  const clients = [0, 100, 560].map(async (passes) => {
    const relay = new Relay(server.port, passes);
    const connected = connectTls(await relay.listen());
    await relay.holds;
    return { relay, connected };
  });
  const held = await Promise.all(clients);
  await server.steer();
  const answers = held.map(async ({ relay, connected }) => {
    relay.release();
    return askOn(await connected).finally(() => relay.close());
  });
  for (const answer of await Promise.all(answers)) expect(answer).toMatch(/^HTTP\/1.1 200 /);
});

test.concurrent(
  "certificates are renewed without new workers, by a command and by themselves",
  async () => {
    await using server = await startControlled({
      app: APP,
      config: { tls: { cert: "a.pem", key: "a.pem" } },
      prepare: (dir) => write(dir, "a", first),
    });
    const workers = server.workers().map(({ pid }) => pid);
    const open = await connectTls(server.port);

    await write(server.dir, "a", second);
    const renewed = await pounce(server, "reload", "--tls", "--json");
    expect(JSON.parse(renewed.stdout)).toMatchObject({
      ok: true,
      workers: 2,
      certificates: [{ names: ["b.test"], key_type: "ECDSA P-256" }],
    });
    expect(renewed.code).toBe(0);
    // Of all workers, and of none of their own.
    for (let count = 0; count < 6; count++) expect(await certificateAt(server.port)).toBe("b.test");
    expect((open.getPeerCertificate() as PeerCertificate).subject.CN).toBe("localhost");
    expect(await askOn(open)).toMatch(/^HTTP\/1.1 200 /);

    const { key } = makeCertificate();
    await Bun.write(join(server.dir, "a.pem"), second.cert + key);
    const bad = await pounce(server, "reload", "--tls");
    expect(bad).toMatchObject({ code: 1, stdout: "" });
    expect(bad.stderr).toContain(`${server.dir}/a.pem is not the key of the certificate (b.test)`);
    expect(await certificateAt(server.port)).toBe("b.test");

    const soon = makeCertificate({ names: ["c.test", "d.test"], from: -89, until: 5.5 });
    await write(server.dir, "a", soon);
    await server.waitForLog(/Certificates renewed, without new workers: c\.test, d\.test \(5 days/);
    expect(await certificateAt(server.port)).toBe("c.test");
    await server.waitForLog(
      /\[WARN\] The certificate of c\.test, d\.test expires soon: 5 days left/,
    );
    const { stdout } = await pounce(server, "status");
    expect(stdout).toMatch(
      /^certificate: c\.test and 1 more, expires in 5d\d+h \(.*\), from c\.test$/m,
    );
    expect(server.workers().map(({ pid }) => pid)).toEqual(workers);

    // A reload after that is as any other.
    await server.reload();
    expect(await certificateAt(server.port)).toBe("c.test");
  },
);

test.concurrent("a program on node:http sees that its connections are encrypted", async () => {
  const app = `import { createServer } from "node:http";
    createServer(({ socket }, response) => response.end(String(socket.encrypted)))
      .listen(process.env.PORT);`;
  await using server = await start({ min_version: "1.3" }, app);
  expect(await (await ask(server, "/")).text()).toBe("true");
  await expect(connectTls(server.port, { maxVersion: "TLSv1.2" })).rejects.toThrow();
  const socket = await connectTls(server.port, { ALPNProtocols: ["h2", "http/1.1"] });
  expect(socket.alpnProtocol).not.toBe("h2");
  expect(await askOn(socket)).toMatch(/^HTTP\/1.1 200 .*true$/s);
});

test.concurrent("a bad pair is an error of the configuration", async () => {
  const { code, lines } = await runPounce({
    app: APP,
    config: { tls: { cert: "a.pem", key: "b.pem" } },
    prepare: async (dir) => {
      await write(dir, "a", first);
      await write(dir, "b", second);
    },
  });
  expect(code).toBe(2);
  expect(lines.join("\n")).toMatch(
    /pounce\.toml:\d+:1 tls\.key: \S+b\.pem is not the key of the certificate \(localhost\)/,
  );
});

test.concurrent("who comes just before many silent clients is answered at once", async () => {
  await using server = await start({}, APP, "30s", 1);
  const [worker] = server.workers();
  const { answers, end } = await burst(server.port, worker?.pid ?? 0, { normal: 20, silent: 400 });
  const waitedMs = (await Promise.all(answers)).toSorted((a, b) => a - b);
  end();
  // Without the help of handshake-queue.ts, fifteen of them wait until the silent ones are ended.
  expect(waitedMs.at(-1)).toBeLessThan(5000);
});
