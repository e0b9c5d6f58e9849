// How long a group of processes runs.
import { expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { isGroupRunning, signalGroup } from "../../src/os/process-group.ts";
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
