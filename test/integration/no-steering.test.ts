// Where the kernel forbids steering, pounce says so, and all workers accept from one listening
// socket: reloads lose nothing, and nobody waits.
import { afterAll, expect, test } from "bun:test";
import { honoApp } from "../helpers/fixtures.ts";
import { listenersOn } from "../helpers/listeners.ts";
import { describeResult, expectNoLoss, type Mode, startLoad } from "../helpers/load.ts";
import { versionsServed } from "../helpers/requests.ts";
import { pounce, startControlled, startPounce, stopAllServers } from "../helpers/server.ts";

afterAll(stopAllServers);

/** These keep the machine busy: one at a time, and the first takes all that there is. */
const BUSY: Mode[] = ["connect", "connect-close", "keep-alive"];
const GAP_MS = 100;
const WAITING: Mode[] = ["think-time", "silent"];

for (const mode of [...BUSY, ...WAITING]) {
  const claim = async (): Promise<void> => {
    await using server = await startPounce({ forbidSteering: true });
    const gapMs = mode === "connect" ? 0 : GAP_MS;
    const load = startLoad({ port: server.port, modes: [mode], gapMs });
    await load.untilMore(100);
    for (const version of ["v1", "v2"]) {
      await server.writeApp(honoApp(version));
      await server.reload();
      await load.untilMore(50);
    }
    const result = await load.stop();
    console.log(describeResult(result));
    expectNoLoss(result);
    expect(await versionsServed(server)).toEqual(["v2"]);
    expect(listenersOn(server.port, "tcp")).toBe(1);
  };
  const run = BUSY.includes(mode) ? test : test.concurrent;
  run(`without steering, reloads lose nothing for ${mode}`, claim, 60_000);
}

test("each address has one socket, on the same port, and the log says so once", async () => {
  const config = { host: "localhost", port: 0, workers: 3 };
  await using server = await startControlled({ forbidSteering: true, config });
  await server.reload();
  expect(listenersOn(server.port, "tcp")).toBe(1);
  expect(listenersOn(server.port, "tcp6")).toBe(1);
  expect(server.logs.matching("refuses steering")).toHaveLength(1);
  const words = "The kernel refuses steering (EPERM): all workers accept from one listening socket";
  expect(server.logs.text()).toContain(words);
  const { steering } = JSON.parse((await pounce(server, "status", "--json")).stdout);
  expect(steering).toBe("shared");
}, 60_000);

test("what a killed worker has not accepted is answered by another one", async () => {
  await using server = await startPounce({ forbidSteering: true });
  const [first, second] = server.workers().map(({ pid }) => pid);
  for (const pid of [first, second]) process.kill(pid ?? NaN, "SIGSTOP");
  const answers = await Promise.all(Array.from({ length: 8 }, () => answerOn(server.port)));
  process.kill(first ?? NaN, "SIGKILL");
  process.kill(second ?? NaN, "SIGCONT");
  const all = await Promise.all(answers.map(({ answer }) => answer));
  expect(all.map((text) => text.slice(0, 12))).toEqual(Array.from(all, () => "HTTP/1.1 200"));
}, 60_000);

/** Resolves when a request has been sent; then `answer` is what comes back until the end. */
async function answerOn(port: number): Promise<{ readonly answer: Promise<string> }> {
  const { promise: answer, resolve } = Promise.withResolvers<string>();
  let text = "";
  const socket = await Bun.connect({
    hostname: "127.0.0.1",
    port,
    socket: {
      data: (_, bytes) => void (text += bytes.toString()),
      close: () => resolve(text),
    },
  });
  socket.write("GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  return { answer };
}

for (const forbidFilters of [false, true]) {
  const where = forbidFilters ? "steering and filters" : "steering";
  test(`without ${where}, TERM ends the server in time`, async () => {
    await using server = await startPounce({ forbidSteering: true, forbidFilters });
    const load = startLoad({ port: server.port, modes: ["connect", "keep-alive"] });
    await load.untilMore(100);
    expect(await server.stop()).toEqual({ code: 0, signal: null });
    const result = await load.stop();
    // Without filters, clients come until the very moment when the socket is closed.
    if (!forbidFilters) expectNoLoss(result, ["refused"]);
    await server.untilNothingIsLeft(1_000);
  }, 90_000);
}
