// How long a group of processes runs.
import { expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { isGroupRunning, signalGroup } from "../../src/os/process-group.ts";
import { identify, isRunning } from "../../src/os/process-identity.ts";
import { statOf } from "../../src/os/process-stat.ts";
import { until } from "../helpers/until.ts";

test("a group runs until its last process has ended, whichever process leads it", async () => {
  const script = "sleep 60 & echo started; exec sleep 60";
  const leader = Bun.spawn(["sh", "-c", script], { detached: true, stdout: "pipe" });
  await leader.stdout.getReader().read();
  expect(isGroupRunning(leader.pid)).toBe(true);
  leader.kill("SIGKILL");
  await leader.exited;
  expect(isGroupRunning(leader.pid)).toBe(true);
  expect(signalGroup(leader.pid, "SIGKILL")).toBe(true);
  await until("the group has gone", () => !isGroupRunning(leader.pid));
});

test("a process that nobody has reaped does not run", async () => {
  // `sleep` reaps nobody, least of all a child of the shell that it was.
  const script = "setsid sleep 60 & echo $!; exec sleep 60";
  const parent = Bun.spawn(["sh", "-c", script], { stdout: "pipe" });
  const { value } = await parent.stdout.getReader().read();
  const leader = Number(new TextDecoder().decode(value));
  await until("the group runs", () => isGroupRunning(leader));
  // Before that the shell may reap the child yet.
  await until(
    "the parent sleeps",
    () => readFileSync(`/proc/${parent.pid}/comm`, "utf8") === "sleep\n",
  );
  signalGroup(leader, "SIGKILL");
  await until("the group has gone", () => !isGroupRunning(leader));
  expect(signalGroup(leader, 0)).toBe(true);
  parent.kill("SIGKILL");
  await parent.exited;
});

test("a process runs until its last thread has ended: its listeners are open until then", async () => {
  const ending = fileURLToPath(new URL("../helpers/end-first-thread.ts", import.meta.url));
  const script = `
    import { endFirstThread } from ${JSON.stringify(ending)};
    const listening = { hostname: "127.0.0.1", port: 0, socket: { data() {} } };
    process.stdout.write(String(Bun.listen(listening).port));
    endFirstThread();
  `;
  await using child = Bun.spawn([process.execPath, "-e", script], {
    detached: true,
    stdout: "pipe",
  });
  const { value } = await child.stdout.getReader().read();
  const itself = identify(child.pid);
  await until("its first thread has ended", () => statOf(child.pid)?.state === "Z");
  const port = Number(new TextDecoder().decode(value));
  const connect = (): Promise<{ end(): void }> =>
    Bun.connect({ hostname: "127.0.0.1", port, socket: { data() {} } });
  (await connect()).end();
  expect(isGroupRunning(child.pid)).toBe(true);
  expect(isRunning(itself)).toBe(true);
  child.kill("SIGKILL");
  await until("it has ended", () => !isGroupRunning(child.pid));
  expect(isRunning(itself)).toBe(false);
  await expect(connect()).rejects.toThrow();
});
