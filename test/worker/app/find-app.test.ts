// How long a worker waits for the servers of its program. The program runs in a process of its own,
// as `Bun.serve` is replaced for it.
import { expect, test } from "bun:test";
import { fileURLToPath } from "node:url";
import { freePort } from "../../helpers/ports.ts";

const source = (path: string): string =>
  JSON.stringify(fileURLToPath(new URL(`../../../src/worker/${path}`, import.meta.url)));

/**
 * What a program prints that may start a server for `untilMs`.
 * @param program its body, in which `addresses` are those of pounce
 * @param isServedOn it goes on when its server has been found
 * @param file where the program is said to be
 */
async function printed(
  program: string,
  untilMs: number,
  { isServedOn = false, file = "app.ts", isElsewhere = false } = {},
): Promise<string> {
  const code = `
    import { Capture } from ${source("program/capture.ts")};
    import { OwnListeners } from ${source("program/own-listeners.ts")};
    import { findApp } from ${source("app/find-app.ts")};
    const addresses = [{ host: "127.0.0.1", port: ${freePort()} }];
    const listeners = new OwnListeners(addresses);
    const capture = new Capture(addresses);
    const load = async () => { ${program}; return {}; };
    const file = ${JSON.stringify(file)};
    const found = { label: "app.ts", file, exportName: undefined, call: false, load };
    const untilMs = performance.now() + ${untilMs};
    const onWrong = (words) => { console.log(words); process.exit(); };
    const whyNoServer = () => "";
    const isElsewhere = ${isElsewhere};
    const known = { found, capture, addresses, listeners, isElsewhere };
    const finding = { ...known, untilMs, whyNoServer, onWrong };
    const app = await findApp(finding);
    console.log("found", app.captured.port);
    if (${!isServedOn}) process.exit();
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

test("a main server that the version before has not had is hardly waited for", async () => {
  const other = freePort();
  const program = `
    Bun.serve({ port: ${other}, fetch: () => new Response("other") });
    setTimeout(() => console.log("too late"), 1900)`;
  expect(await printed(program, 60_000, { isElsewhere: true })).toBe(`found ${other}\n`);
});

test("a main server that comes later is told, as another one is served by then", async () => {
  const other = freePort();
  const fetch = "fetch: () => new Response()";
  const program = `
    Bun.serve({ port: ${other}, ${fetch} });
    const [{ port }] = addresses;
    const late = () => {
      try { Bun.serve({ port, ${fetch} }) } catch (error) { console.log(error.code) }
    };
    setTimeout(late, 700)`;
  const told = `^found ${other}\\napp\\.ts starts its server for port \\d+ only now, `;
  expect(await printed(program, 200, { isServedOn: true })).toMatch(
    new RegExp(`${told}.* for port ${other}\\.`),
  );
});

test("a main server is waited for longer if the program reads PORT", async () => {
  const program = `
    Bun.serve({ port: ${freePort()}, fetch: () => new Response() });
    const [{ port }] = addresses;
    setTimeout(() => console.log(port), 2200);
    setTimeout(() => Bun.serve({ port, fetch: () => new Response() }), 2300)`;
  // Of the texts in this file one reads it: process.env.PORT.
  const [port, found] = (await printed(program, 9000, { file: import.meta.path })).split("\n");
  expect(found).toBe(`found ${port}`);
});
