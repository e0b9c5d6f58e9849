// How long a worker waits for the servers of its program. The program runs in a process of its own,
// as `Bun.serve` is replaced for it.
import { expect, test } from "bun:test";
import { fileURLToPath } from "node:url";
import { freePort } from "../../helpers/ports.ts";

const source = (path: string): string =>
  JSON.stringify(fileURLToPath(new URL(`../../../src/worker/${path}`, import.meta.url)));

/** What a program prints that may start a server for `untilMs`. @param program its body */
async function printed(program: string, untilMs: number): Promise<string> {
  const code = `
    import { Capture } from ${source("program/capture.ts")};
    import { OwnListeners } from ${source("program/own-listeners.ts")};
    import { findApp } from ${source("app/find-app.ts")};
    const addresses = [{ host: "127.0.0.1", port: ${freePort()} }];
    const listeners = new OwnListeners(addresses);
    const capture = new Capture(addresses);
    const load = async () => { ${program}; return {}; };
    const found = { label: "app.ts", file: "app.ts", exportName: undefined, call: false, load };
    const untilMs = performance.now() + ${untilMs};
    const app = await findApp({ found, capture, addresses, listeners, untilMs });
    console.log("found", app.captured.port);
    process.exit();
  `;
  await using child = Bun.spawn([process.execPath, "-e", code], { stderr: "inherit" });
  return await new Response(child.stdout).text();
}

test("a main server is waited for no longer than any server", async () => {
  const other = freePort();
  const program = `
    setTimeout(() => Bun.serve({ port: ${other}, fetch: () => new Response("other") }), 700);
    setTimeout(() => console.log("too late"), 1100)`;
  expect(await printed(program, 750)).toBe(`found ${other}\n`);
});
