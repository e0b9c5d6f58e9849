// Which values of Host are valid: what is, Bun must make a whole URL of, or its bare path would go
// through.
import { expect, test } from "bun:test";
import { isValidHost } from "../../../src/worker/http/host.ts";
import { RawSocket, readReply } from "../../helpers/requests.ts";

const PRINTABLE = Array.from({ length: 95 }, (_, index) => String.fromCharCode(32 + index));
const HOSTS = [
  ...PRINTABLE.flatMap((char) => [
    `a${char}b`,
    `${char}a`,
    `a${char}`,
    `[${char}::1]`,
    `a:${char}`,
  ]),
  "1",
  "0x7f.1",
  "09",
  "a.1",
  "a.09",
  "4294967296",
  "1.2.3.256",
  "..",
  "xn--",
  "a:00080",
  "a:0",
  "a".repeat(8000),
  `${"a".repeat(64)}.b`,
];

const tellUrl = (request: Request): Response => Response.json(request.url);

test("of every valid Host, and of no other sent through, Bun makes a URL that is whole and can be read", async () => {
  const server = Bun.serve({ port: 0, hostname: "127.0.0.1", fetch: tellUrl });
  using socket = await RawSocket.connect("127.0.0.1", server.port ?? 0);
  for (const host of HOSTS.filter(isValidHost)) {
    socket.send(`GET /pub/admin HTTP/1.1\r\nHost: ${host}\r\n\r\n`);
    const url = JSON.parse((await readReply(socket, performance.now() + 5000)).text);
    expect(new URL(url).pathname).toBe("/pub/admin");
    expect(new URL(url).host).toBe(new URL(`http://${host}`).host);
  }
  await server.stop(true);
});

test.each(["", "a b", "a,b", "u@a", "a/x", "a%2fb", "[::1", "a:99999", "a\u00e4"])(
  "%j is not valid",
  (host) => expect(isValidHost(host)).toBe(false),
);

test.each(["a", "localhost:8000", "a_b.example", "127.0.0.1", "[::1]:80", "xn--nxasmq6b"])(
  "%j is valid",
  (host) => expect(isValidHost(host)).toBe(true),
);
