// What pounce uses of Bun's TLS that nobody documents, and what it makes of that.
import { afterAll, expect, test } from "bun:test";
import { connect, type PeerCertificate, type TLSSocket } from "node:tls";
import { tlsOptions } from "../../../src/worker/serve/tls-options.ts";
import { makeCertificate } from "../../helpers/certificates.ts";

const [a, b, rsa] = [
  makeCertificate({ names: ["a.test"] }),
  makeCertificate({ names: ["*.b.test"] }),
  makeCertificate({ names: ["*.b.test"], key: "rsa", subject: "rsa" }),
];
const certificates = [
  { certs: [a.cert], keys: [a.key], names: [] },
  { certs: [b.cert, rsa.cert], keys: [b.key, rsa.key], names: ["*.b.test"] },
];
const servers = (["1.2", "1.3"] as const).map((minVersion) =>
  Bun.serve({
    port: 0,
    hostname: "127.0.0.1",
    fetch: () => new Response(),
    tls: tlsOptions({ certificates, minVersion, http2: false }),
    http2: minVersion === "1.2",
  } as unknown as Bun.Serve.Options<unknown>),
);
afterAll(() => Promise.all(servers.map((server) => server.stop(true))));

interface Greeting {
  readonly subject: string;
  readonly alpn: unknown;
  readonly version: string | null;
}

function greet(server: number, options: Parameters<typeof connect>[0]): Promise<Greeting> {
  const { promise, resolve, reject } = Promise.withResolvers<Greeting>();
  const port = servers[server]?.port ?? 0;
  const all = { host: "127.0.0.1", rejectUnauthorized: false, ALPNProtocols: ["h2", "http/1.1"] };
  const socket: TLSSocket = connect({ ...all, port, ...(options as object) });
  socket.once("error", reject);
  socket.once("secureConnect", () => {
    const { CN } = (socket.getPeerCertificate() as PeerCertificate).subject;
    const [alpn, version] = [socket.alpnProtocol, socket.getProtocol()];
    resolve({ subject: String(CN), alpn, version });
    socket.destroy();
  });
  return promise;
}

test.each([
  ["a.test", "a.test"],
  ["x.b.test", "*.b.test"],
  ["other.test", "a.test"],
])("who asks for %s gets the certificate of %s", async (servername, subject) => {
  expect(await greet(0, { servername })).toMatchObject({ subject, version: "TLSv1.3" });
});

test("who knows only RSA gets the certificate with that key, if there is one", async () => {
  const old = { maxVersion: "TLSv1.2", ciphers: "ECDHE-RSA-AES128-GCM-SHA256" } as const;
  expect(await greet(0, { servername: "x.b.test", ...old })).toMatchObject({ subject: "rsa" });
});

test("HTTP/2 is offered only where it is asked for", async () => {
  expect(await greet(0, {})).toMatchObject({ alpn: "h2" });
  expect(await greet(1, {})).not.toMatchObject({ alpn: "h2" });
});

test.each(["a.test", "x.b.test"])("minVersion counts for %s", async (servername) => {
  const old = { servername, maxVersion: "TLSv1.2" } as const;
  expect(await greet(0, old)).toMatchObject({ version: "TLSv1.2" });
  await expect(greet(1, old)).rejects.toThrow();
  expect(await greet(1, { servername })).toMatchObject({ version: "TLSv1.3" });
});

/** Whatever the kind of the key. */
function ofBoth(cipher: string): string {
  return `ECDHE-ECDSA-${cipher}:ECDHE-RSA-${cipher}`;
}

test.each(["a.test", "x.b.test"])("what HTTP/2 prohibits is refused for %s", async (servername) => {
  const old = { servername, maxVersion: "TLSv1.2" } as const;
  for (const cipher of ["AES128-GCM-SHA256", "AES256-GCM-SHA384", "CHACHA20-POLY1305"]) {
    expect(await greet(0, { ...old, ciphers: ofBoth(cipher) })).toMatchObject({ alpn: "h2" });
  }
  await expect(greet(0, { ...old, ciphers: ofBoth("AES128-SHA") })).rejects.toThrow();
  await expect(greet(0, { ...old, ciphers: "AES128-GCM-SHA256" })).rejects.toThrow();
});

test("of several entries for a name, Bun takes the last", async () => {
  const entry = ({ cert, key }: typeof a) => ({ cert, key, serverName: "a.test" });
  using server = Bun.serve({
    port: 0,
    hostname: "127.0.0.1",
    fetch: () => new Response(),
    tls: [{ cert: a.cert, key: a.key }, entry(a), entry(b)],
  });
  const { port } = server;
  expect(await greet(0, { port, servername: "a.test" })).toMatchObject({ subject: "*.b.test" });
});
