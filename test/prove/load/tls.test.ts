// How a connection over TLS tells that its other side has ended, and whose certificate it takes.
// `upgradeTLS` of Bun, which shows the bytes under TLS, and `fd` of its sockets are not documented.
import { describe, expect, setDefaultTimeout, test } from "bun:test";
import type { Socket } from "bun";
import type { Endpoint, TlsTrust } from "../../../src/prove/load/endpoint.ts";
import { Loss } from "../../../src/prove/load/loss.ts";
import { ask, exchange } from "../../../src/prove/load/http.ts";
import { RawSocket } from "../../../src/prove/load/raw-socket.ts";
import { fingerprintOf, makeCertificate } from "../../helpers/certificates.ts";
import { type Cut, cuttingProxy } from "../../helpers/prove/cutting-proxy.ts";
import { until } from "../../helpers/until.ts";

// A busy machine may take its time.
setDefaultTimeout(30_000);

const own = makeCertificate();
const authority = makeCertificate({ subject: "A CA", names: [], isAuthority: true });
const issued = makeCertificate({ names: ["pounce.test"], issuer: authority });

type Act = (socket: Socket, times: number) => void;

/** A server that does something for each chunk that it gets. */
function serving(act: Act, { cert, key } = own) {
  const times = new WeakMap<Socket, number>();
  const server = Bun.listen({
    hostname: "127.0.0.1",
    port: 0,
    tls: { cert, key },
    socket: {
      data(socket) {
        times.set(socket, (times.get(socket) ?? 0) + 1);
        act(socket, times.get(socket) ?? 0);
      },
    },
  });
  return { port: server.port, [Symbol.dispose]: () => server.stop(true) };
}

function endpoint(port: number, tls: TlsTrust = { ca: own.cert }): Endpoint {
  return { host: "127.0.0.1", port, tls };
}

const soon = (): number => performance.now() + 10_000;

/** The loss that an attempt to connect ends with. */
async function lossOf(to: Endpoint, timeoutMs = 10_000): Promise<string> {
  try {
    (await RawSocket.open(to, timeoutMs)).close();
    return "none";
  } catch (error) {
    if (!(error instanceof Loss)) throw error;
    return `${error.kind}: ${error.message}`;
  }
}

describe("the end of a connection", () => {
  test.concurrent.each<readonly [string, Act, object]>([
    ["closed", (it) => it.end("bye"), { kind: "closed", detail: "closed by the server" }],
    ["reset", (it) => it.terminate(), { kind: "reset", detail: "ECONNRESET" }],
  ])("that the server has %s", async (_name, act, ending) => {
    using server = serving(act);
    using ours = await RawSocket.open(endpoint(server.port));
    ours.send("hello");
    expect(await ours.untilEnded(soon())).toEqual(ending as never);
  });

  test.concurrent.each<readonly [Cut, object]>([
    ["fin", { kind: "closed", detail: "closed by the server without close_notify" }],
    ["reset", { kind: "reset", detail: "ECONNRESET" }],
    ["noise", { kind: "tls", detail: "TLS: wrong version number" }],
  ])("by a %s below TLS", async (cut, ending) => {
    using server = serving((it) => it.write("hello"));
    using proxy = await cuttingProxy(server.port);
    using ours = await RawSocket.open(endpoint(proxy.port));
    ours.send("hello");
    await ours.take(5, soon());
    proxy.cut(cut);
    expect(await ours.untilEnded(soon())).toMatchObject(ending);
  });

  test.concurrent(
    "is a loss to an answer that it alone would end, without close_notify",
    async () => {
      using server = serving((it) => it.write("HTTP/1.1 200 OK\r\n\r\nhello"));
      using proxy = await cuttingProxy(server.port);
      using ours = await RawSocket.open(endpoint(proxy.port));
      const reply = exchange(ours, { path: "/" }).catch((error: unknown) => String(error));
      await until("the answer", () => ours.receivedSinceSend > 0);
      proxy.cut("fin");
      expect(await reply).toMatch(
        /^Loss: closed by the server without close_notify after \d+ bytes/,
      );
    },
  );

  test.concurrent("is none, with it", async () => {
    using server = serving((it) => it.end("HTTP/1.1 200 OK\r\n\r\nhello"));
    expect(await ask(endpoint(server.port))).toMatchObject({ status: 200, text: "hello" });
  });
});

/** Does something as soon as a client connects, or when its first bytes have come. */
function greeting(open: Act, data: Act = () => {}) {
  return Bun.listen({
    hostname: "127.0.0.1",
    port: 0,
    socket: { open: (socket) => open(socket, 0), data: (socket) => data(socket, 1) },
  });
}

/** A fatal alert as a record: handshake_failure. */
const ALERT = new Uint8Array([21, 3, 3, 0, 2, 2, 40]);

const nothing: Act = () => {};

describe("a handshake", () => {
  const ended = "closed by the server within the TLS handshake";
  test.concurrent.each<readonly [string, Act, Act, string]>([
    ["the server closes on the first bytes", nothing, (it) => it.end(), `cut: ${ended}`],
    [
      "the server resets on the first bytes",
      nothing,
      (it) => it.terminate(),
      "reset: ECONNRESET within the TLS handshake",
    ],
    [
      "the server resets at once",
      (it) => it.terminate(),
      nothing,
      "reset: ECONNRESET within the TLS handshake",
    ],
    ["is refused by an alert", nothing, (it) => it.end(ALERT), "tls: TLS: alert handshake failure"],
    [
      "with a server that speaks plainly",
      nothing,
      (it) => it.end("HTTP/1.1 400 Bad Request\r\n\r\n"),
      "tls: TLS: wrong version number",
    ],
    ["is never answered", nothing, nothing, "timeout: no connection within 200 ms"],
  ])("that %s is a loss", async (_name, open, data, loss) => {
    using server = greeting(open, data);
    const timeoutMs = loss.startsWith("timeout") ? 200 : 10_000;
    expect(await lossOf(endpoint(server.port), timeoutMs)).toBe(loss);
  });

  test.concurrent("that nobody listens for is refused", async () => {
    expect(await lossOf(endpoint(1))).toBe("refused: ECONNREFUSED");
  });
});

const MISMATCH = "tls: Hostname/IP does not match certificate's altnames:";

describe("a certificate", () => {
  const fingerprint = fingerprintOf(issued);
  test.concurrent.each<readonly [string, TlsTrust, string]>([
    ["of an authority that is trusted", { ca: authority.cert, serverName: "pounce.test" }, "none"],
    ["that is the one that is known", { pinned: [fingerprint] }, "none"],
    ["that nobody looks at", { isUnchecked: true }, "none"],
    [
      "for another name",
      { ca: authority.cert, serverName: "other.test" },
      `${MISMATCH} Host: other.test. is not in the cert's altnames: DNS:pounce.test`,
    ],
    [
      "for no address",
      { ca: authority.cert },
      `${MISMATCH} IP: 127.0.0.1 is not in the cert's list: `,
    ],
    [
      "of nobody who is known",
      { serverName: "pounce.test" },
      "tls: unable to verify the first certificate; --ca FILE has it trusted, or --insecure",
    ],
    [
      "that is another one",
      { pinned: ["00"] },
      `tls: another certificate than the server's own: SHA-256 ${fingerprint}`,
    ],
  ])("%s", async (_name, trust, loss) => {
    using server = serving(() => {}, issued);
    expect(await lossOf(endpoint(server.port, trust))).toBe(loss);
  });

  test.concurrent("that is its own authority is taken, by address too", async () => {
    using server = serving(() => {});
    expect(await lossOf(endpoint(server.port))).toBe("none");
  });
});

test("what is larger than the kernel takes at once arrives", async () => {
  const size = 3_000_000;
  let received = 0;
  using server = Bun.listen({
    hostname: "127.0.0.1",
    port: 0,
    tls: { cert: own.cert, key: own.key },
    socket: {
      data(socket, bytes) {
        received += bytes.length;
        if (received === size) socket.write("all");
      },
    },
  });
  using ours = await RawSocket.open(endpoint(server.port));
  ours.send(new Uint8Array(size));
  expect(Buffer.from(await ours.take(3, soon())).toString()).toBe("all");
});
