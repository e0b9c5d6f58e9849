// The answer of a draining worker is the one that it would be otherwise, and says `Connection:
// close`: for every shape of a route and of a response, whatever Bun makes of it.
import { afterAll, expect, test } from "bun:test";
import {
  fingerprint,
  nameOf,
  SHARED_REQUESTS,
  STEADY_REQUESTS,
  writeAnswerFiles,
} from "../helpers/answers.ts";
import { fixture } from "../helpers/fixtures.ts";
import { expectNoLoss, startLoad } from "../helpers/load.ts";
import { exchange, RawSocket } from "../helpers/requests.ts";
import { startPounce, stopAllServers } from "../helpers/server.ts";

afterAll(stopAllServers);

/** How long a client that keeps asking may be kept. */
const GONE_WITHIN_MS = 2_000;

const settings: [claim: string, config: object][] = [
  ["as it is", {}],
  [
    "with request ids and an access log",
    { request_id: true, trusted_proxies: ["127.0.0.1"], log: { access: "access.log" } },
  ],
];
for (const [claim, config] of settings) {
  test.concurrent(
    `a draining worker gives each answer that it gave before, marked within two seconds, ${claim}`,
    async () => {
      await using server = await startPounce({
        app: fixture("answers"),
        prepare: writeAnswerFiles,
        config: { workers: 1, keep_alive_timeout: 30, ...config },
      });
      const headers = { "x-request-id": "the-same" };
      const clients = await Promise.all(
        [...SHARED_REQUESTS, ...STEADY_REQUESTS].map(async (request) => {
          const socket = await RawSocket.connect("127.0.0.1", server.port);
          const ask = () =>
            exchange(socket, { ...request, headers: { ...headers, ...request.headers } });
          await ask();
          const before = fingerprint(await ask());
          return { name: nameOf(request), socket, ask, before };
        }),
      );
      const { after } = await server.steer();
      const steeredMs = performance.now();
      const wrong = new Map<string, string>();
      await Promise.all(
        clients.map(async ({ name, socket, ask, before }) => {
          for (let closes = false; !closes;) {
            const reply = await ask();
            ({ closes } = reply);
            const now = fingerprint(reply);
            if (now !== before) wrong.set(name, `--- before\n${before}\n--- now\n${now}`);
            const isLate = performance.now() - steeredMs > GONE_WITHIN_MS;
            if (!closes && isLate) wrong.set(name, "not marked");
            if (isLate) break;
          }
          await socket.untilEnded(performance.now() + 1_000);
        }),
      );
      expect(Object.fromEntries(wrong)).toEqual({});
      const receipt = await server.waitForLog("Receipt ", { after, timeoutMs: 5_000 });
      expect(receipt).toContain('"forced":0,"forced_requests":[]');
    },
    30_000,
  );
}

test.concurrent(
  "over three reloads under load each answer is the same, to the byte, and nothing is forced",
  async () => {
    await using server = await startPounce({ app: fixture("answers"), prepare: writeAnswerFiles });
    const load = startLoad({ port: server.port, modes: ["answers"], clients: 32 });
    await load.untilMore(500);
    for (let count = 0; count < 3; count += 1) {
      const { lines } = await server.reload();
      expect(lines.at(-1)).toContain('"forced":0,"forced_requests":[]');
      await load.untilMore(200);
    }
    expectNoLoss(await load.stop());
  },
  40_000,
);
