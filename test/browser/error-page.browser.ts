// The error page of `pounce dev` in a real browser: it loads again by itself when the app is
// mended, once, and nothing that an error says is run.
// bun test ./test/browser/error-page.browser.ts
// Pictures of the page are written into the folder that PICTURES names.
// packages: chromium
import { afterAll, expect, test } from "bun:test";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Browser, type Page } from "../helpers/browser.ts";
import { freePort } from "../helpers/ports.ts";
import { startPounce, stopAllServers } from "../helpers/server.ts";
import { until } from "../helpers/until.ts";

const BROKEN = 'export default { fetch() { return new Response("x" +; } };\n';
const MISSING = 'import "./gone.ts";\nexport default () => new Response("x");\n';
const THROWS =
  "export default () => {\n" +
  "  throw new Error(`<script>document.title = 'run'</script><img src=x onerror=\"hacked = 1\">`);\n" +
  "};\n";
const FORM = `
const form = "<form method=post><button id=go>go</button></form>";
export default (request) => {
  if (request.method === "POST") throw new Error("the form failed");
  return new Response(form, { headers: { "content-type": "text/html" } });
};
`;

function good(words: string): string {
  const page = `"<h1>${words} by " + request.method + "</h1>"`;
  const headers = '{ headers: { "content-type": "text/html" } }';
  return `export default (request) => new Response(${page}, ${headers});\n`;
}

const browser = await Browser.start();
afterAll(async () => {
  await browser.end();
  await stopAllServers();
});

async function keepPicture(page: Page, name: string): Promise<void> {
  const folder = process.env["PICTURES"];
  if (folder === undefined) return;
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, `${name}.png`), await page.picture());
}

function startDev(app: string, port = 0) {
  const argv = ["dev", "./app.ts", "--port", String(port)];
  return startPounce({ app, argv });
}

/** How often a page loads while something is done, and for a moment after it. */
async function loadsIn(page: Page, work: () => Promise<void>): Promise<number> {
  const before = page.loads;
  await work();
  // That nothing follows can only be waited for.
  await Bun.sleep(700);
  return page.loads - before;
}

test("a version that does not load is a page with its code; a mended one is there by itself", async () => {
  await using server = await startDev(BROKEN);
  const page = await browser.open();
  await page.go(`http://127.0.0.1:${server.port}/`);
  await page.shows("Unexpected ;");
  await page.shows("app.ts:1:53");
  expect(await page.text()).toContain('export default { fetch() { return new Response("x" +; } };');
  await keepPicture(page, "broken");

  const toOther = await loadsIn(page, async () => {
    await server.writeApp(MISSING);
    await page.shows("gone.ts");
  });
  const toMended = await loadsIn(page, async () => {
    await server.writeApp(good("mended"));
    await page.shows("mended by GET");
  });
  expect([toOther, toMended]).toEqual([1, 1]);
}, 60_000);

test("what an error says is shown, and never run", async () => {
  await using server = await startDev(THROWS);
  const page = await browser.open();
  await page.go(`http://127.0.0.1:${server.port}/?<script>hacked=2</script>`);
  await page.shows("<script>document.title = 'run'</script>");
  await keepPicture(page, "thrown");
  expect(await page.value("typeof hacked")).toBe("undefined");
  expect(await page.value("document.title")).not.toBe("run");
  expect(await page.value("document.images.length")).toBe(0);
  await server.writeApp(good("calm"));
  await page.shows("calm by GET");
}, 60_000);

test("a form is never sent a second time by itself", async () => {
  await using server = await startDev(FORM);
  const page = await browser.open();
  await page.go(`http://127.0.0.1:${server.port}/`);
  await page.shows("go");
  await page.value('document.querySelector("#go").click()');
  await page.shows("the form failed");
  await until("the form's answer has loaded", () => page.loads === 2);
  const loads = await loadsIn(page, async () => {
    await server.writeApp(good("new"));
    await page.shows("Send the form again");
  });
  expect(loads).toBe(0);
  await keepPicture(page, "form");
  await page.value('document.querySelector("#mended a").click()');
  await page.shows("new by GET");
}, 60_000);

test("a page whose server has gone is there again with the next one", async () => {
  const port = freePort();
  const page = await browser.open();
  {
    await using _first = await startDev(BROKEN, port);
    await page.go(`http://127.0.0.1:${port}/`);
    await page.shows("Unexpected ;");
  }
  await page.shows("The server does not answer");
  await using _second = await startDev(good("back"), port);
  await page.shows("back by GET");
}, 60_000);

test("more pages than a browser has connections for are all mended when they are looked at", async () => {
  await using server = await startDev(BROKEN);
  const pages: Page[] = [];
  for (let count = 0; count < 10; count += 1) {
    const page = await browser.open();
    pages.push(page);
    await page.go(`http://127.0.0.1:${server.port}/${count}`);
    await page.shows("Unexpected ;");
  }
  await server.writeApp(good("all"));
  for (const page of pages) {
    await page.call("Page.bringToFront");
    await page.shows("all by GET");
  }
}, 60_000);
