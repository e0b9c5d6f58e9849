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

/** Then some answers are measured and some are not. */
const BUSY = "under load";

const settings: [claim: string, config: object][] = [
  ["as it is", {}],
  [BUSY, {}],
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
      using load = claim === BUSY ? askOnAndOn(server.port) : undefined;
      // Within a second the worker knows that it is busy.
      if (load !== undefined) await Bun.sleep(1_500);
      const clients = await Promise.all(
        [...SHARED_REQUESTS, ...STEADY_REQUESTS].map(async (request) => {
          const socket = await RawSocket.connect("127.0.0.1", server.port);
          const ask = () =>
            exchange(socket, { ...request, headers: { ...headers, ...request.headers } });
          // Some errors end their connection at all times.
          if ((await ask()).closes) return [];
          const reply = await ask();
          if (reply.closes) return [];
          return [{ name: nameOf(request), socket, ask, before: fingerprint(reply) }];
        }),
      );
      expect(clients.flat().length).toBeGreaterThan(200);
      const { after } = await server.steer();
      const steeredMs = performance.now();
      const wrong = new Map<string, string>();
      await Promise.all(
        clients.flat().map(async ({ name, socket, ask, before }) => {
          for (let closes = false; !closes;) {
            const askedMs = performance.now();
            const reply = await ask();
            ({ closes } = reply);
            const now = fingerprint(reply);
            if (now !== before) wrong.set(name, `--- before\n${before}\n--- now\n${now}`);
            if (closes || askedMs - steeredMs < GONE_WITHIN_MS) continue;
            wrong.set(name, "not marked");
            return;
          }
          const ending = socket.untilEnded(performance.now() + 10_000);
          await ending.catch(() => wrong.set(name, "not closed"));
        }),
      );
      expect(Object.fromEntries(wrong)).toEqual({});
      const receipt = await server.waitForLog("Receipt ", { after, timeoutMs: 15_000 });
      expect(receipt).toContain('"forced":0,"forced_requests":[]');
    },
    60_000,
  );
}

/** Clients that ask one path as fast as they can, on connections that last, until disposed of. */
function askOnAndOn(port: number): Disposable {
  const stopping = new AbortController();
  const client = async (): Promise<void> => {
    using socket = await RawSocket.connect("127.0.0.1", port);
    for (let closes = false; !closes && !stopping.signal.aborted;) {
      ({ closes } = await exchange(socket, { path: "/function" }));
    }
  };
  for (let count = 0; count < 4; count += 1) {
    const again = (): Promise<unknown> =>
      client().then(
        () => stopping.signal.aborted || again(),
        // What the load loses, other tests see.
        () => undefined,
      );
    void again();
  }
  return { [Symbol.dispose]: () => stopping.abort() };
}

test.concurrent(
  "over three reloads under load each answer is the same, to the byte, and nothing is forced",
  async () => {
    await using server = await startPounce({
      app: fixture("answers"),
      prepare: writeAnswerFiles,
      config: { keep_alive_timeout: 30 },
    });
    const load = startLoad({ port: server.port, modes: ["answers"], clients: 32 });
    await load.untilMore(500);
    for (let count = 0; count < 3; count += 1) {
      const { lines } = await server.reload();
      expect(lines.at(-1)).toContain('"forced":0,"forced_requests":[]');
      await load.untilMore(200);
    }
    expectNoLoss(await load.stop());
  },
  90_000,
);
