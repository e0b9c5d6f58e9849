// A benchmark that a signal ends leaves nothing behind: no process, no folder.
import { expect, test } from "bun:test";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

const bench = (file: string): string =>
  JSON.stringify(fileURLToPath(new URL(`../../scripts/bench/${file}`, import.meta.url)));

/** Makes a folder and a process, says so, and goes on making both in spite of all failures. */
const WORK = `
  const { Child } = await import(${bench("child.ts")});
  const { createWorkspace } = await import(${bench("workspace.ts")});
  const { interruptible } = await import(${bench("interruption.ts")});
  await interruptible(async () => {
    const { dir } = await createWorkspace("/bin/true");
    const child = new Child(["sleep", "600"]);
    void child.exited.then(() => { throw new Error("nobody waits for this"); });
    console.log(JSON.stringify({ dir, pid: child.pid }));
    for (;;) {
      await Bun.write(dir + "/again/file", "x");
      await Bun.sleep(1);
    }
  });
`;

test.each([
  ["SIGINT", 130],
  ["SIGTERM", 143],
  ["SIGHUP", 129],
] as const)("%s exits with %d, and leaves neither process nor folder", async (signal, code) => {
  const benchmark = Bun.spawn([process.execPath, "-e", WORK], { stdout: "pipe", stderr: "pipe" });
  const { value } = await benchmark.stdout.getReader().read();
  const { dir, pid } = JSON.parse(new TextDecoder().decode(value)) as { dir: string; pid: number };
  expect(existsSync(dir)).toBeTrue();
  benchmark.kill(signal);
  expect(await benchmark.exited).toBe(code);
  expect(await new Response(benchmark.stderr).text()).toBe("interrupted\n");
  expect(existsSync(dir)).toBeFalse();
  expect(existsSync(`/proc/${pid}`)).toBeFalse();
});
