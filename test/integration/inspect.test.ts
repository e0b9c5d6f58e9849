// `pounce dev --inspect`: breakpoints in the lines of the source, over a reload too. It stands on
// `node:inspector` of Bun, which documents neither that it works in an executable, nor that modules
// which are imported after `open` come with a source map, nor that `close` frees the port.
import { afterAll, expect, setDefaultTimeout, test } from "bun:test";
import { attach } from "../helpers/debugger.ts";
import { startPounce, stopAllServers } from "../helpers/server.ts";
import { freePort } from "../helpers/ports.ts";

// A busy machine may take its time.
setDefaultTimeout(30_000);

afterAll(stopAllServers);

/** Its types make the lines of the source differ from those that run. */
function appOf(word: string): string {
  return `interface Thing {
  readonly name: string;
}

// The next version has one line more here.
${word === "one" ? "" : "\n"}export default {
  fetch(request: Request): Response {
    const thing: Thing = { name: new URL(request.url).pathname };
    const text = \`${word} \${thing.name}\`;
    return new Response(text);
  },
};
`;
}

test("a debugger pauses at a line of the source, and after a reload finds the port again", async () => {
  const port = freePort();
  await using server = await startPounce({
    app: appOf("one"),
    argv: ["dev", "--config", "pounce.toml", "--workers", "2", `--inspect=${port}`],
  });
  expect(server.logs.text()).toContain("workers: using 1 instead of 2: a debugger attaches to one");
  expect(server.logs.text()).toContain(`A debugger can attach to 127.0.0.1:${port}`);
  expect(server.logs.text()).not.toContain("also opens port");
  const url = `http://127.0.0.1:${server.port}/x`;

  const first = await attach(port);
  await first.breakAt("app.ts", 9);
  const answer = fetch(url);
  expect(await first.pausedAt("app.ts")).toBe(9);
  await first.resume();
  expect(await (await answer).text()).toBe("one /x");

  await server.writeApp(appOf("two"));
  await first.closed.promise;
  const second = await attach(port);
  await second.breakAt("app.ts", 10);
  const next = fetch(url);
  expect(await second.pausedAt("app.ts")).toBe(10);
  await second.resume();
  expect(await (await next).text()).toBe("two /x");
}, 60_000);
