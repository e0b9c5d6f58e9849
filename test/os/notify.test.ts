// The notify socket of a service manager, against a real receiver.
import { expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { monotonicUsec, type NotifySocket, openNotifySocket } from "../../src/os/notify.ts";
import { NotifyReceiver } from "../helpers/notify-receiver.ts";

function open(address: string): NotifySocket {
  const socket = openNotifySocket(address);
  if (typeof socket === "string") throw new Error(socket);
  return socket;
}

/** A path of exactly that many bytes in a folder of its own. */
function pathOf(bytes: number): { path: string; [Symbol.dispose](): void } {
  const folder = mkdtempSync(join(tmpdir(), "notify-"));
  const path = join(folder, "n".repeat(bytes - folder.length - 1));
  return { path, [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }) };
}

test.each([40, 107])("a message reaches a path of %d bytes", (bytes) => {
  using place = pathOf(bytes);
  using receiver = new NotifyReceiver(place.path);
  expect(Buffer.byteLength(place.path)).toBe(bytes);
  expect(open(place.path).send("READY=1\nSTATUS=grün")).toEqual({ kind: "sent" });
  expect(receiver.read().messages).toEqual(["READY=1\nSTATUS=grün"]);
});

test.each([20, 107])("a message reaches an abstract address of %d bytes", (bytes) => {
  const name = `@${crypto.randomUUID().padEnd(bytes, "n").slice(0, bytes)}`;
  using receiver = new NotifyReceiver(name);
  expect(open(name).send("READY=1")).toEqual({ kind: "sent" });
  expect(receiver.read().messages).toEqual(["READY=1"]);
});

test("thousands of messages all arrive as they were sent", () => {
  using receiver = new NotifyReceiver(`@${crypto.randomUUID()}`);
  const socket = open(receiver.address);
  for (let count = 0; count < 20_000; count++) {
    expect(socket.send(`STATUS=${count}`)).toEqual({ kind: "sent" });
    expect(receiver.read().messages.pop()).toBe(`STATUS=${count}`);
  }
});

test("a receiver that takes nothing is told apart from one that is not there", () => {
  const name = `@${crypto.randomUUID()}`;
  const socket = open(name);
  expect(socket.send("READY=1")).toEqual({ kind: "failed", reason: "sendto: ECONNREFUSED" });
  using receiver = new NotifyReceiver(name);
  let sent = 0;
  while (socket.send("READY=1").kind === "sent") sent++;
  expect(socket.send("READY=1")).toEqual({ kind: "busy" });
  expect(receiver.read().messages).toHaveLength(sent);
});

test.each([
  ["vsock:2:1234", "it is not a path and does not start with @"],
  ["@", "it has 0 bytes; 1 to 107 are possible"],
  [`/${"n".repeat(107)}`, "it has 108 bytes; 1 to 107 are possible"],
])("%s is no address", (address, problem) => {
  expect(openNotifySocket(address)).toBe(problem);
});

test("the clock is the system's, not the process's own", async () => {
  const uptime = Number((await Bun.file("/proc/uptime").text()).split(" ")[0]);
  // A machine that was suspended has been up for longer than this clock has run.
  expect(Number(monotonicUsec()) / 1e6).toBeLessThan(uptime + 5);
  expect(Number(monotonicUsec()) / 1e6).toBeGreaterThan(process.uptime() + 5);
  const before = monotonicUsec();
  await Bun.sleep(20);
  expect(Number(monotonicUsec() - before)).toBeGreaterThan(15_000);
});
