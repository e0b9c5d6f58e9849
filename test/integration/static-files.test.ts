// The app of the chapter on static files does what the chapter says.
import { afterAll, expect, setDefaultTimeout, test } from "bun:test";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { BLOCKS } from "../helpers/manual.ts";
import { startPounce, stopAllServers } from "../helpers/server.ts";

setDefaultTimeout(30_000);
afterAll(stopAllServers);

const { text: app } =
  BLOCKS.find(({ at, note }) => at.startsWith("static-files.md") && note === "app") ?? {};
const SCRIPT = `console.log("${"a long script ".repeat(200)}");`;

test("files are sent compressed as the build has made them, answers as they are made", async () => {
  await using server = await startPounce({
    config: { workers: 1 },
    app: app ?? "",
    prepare: (dir) => {
      const folder = join(dir, "public/assets");
      mkdirSync(folder, { recursive: true });
      writeFileSync(join(folder, "app-1f3a.js"), SCRIPT);
      writeFileSync(join(folder, "app-1f3a.js.gz"), Bun.gzipSync(SCRIPT));
      return Promise.resolve();
    },
  });
  const get = async (path: string, encodings: string) => {
    const url = `http://127.0.0.1:${server.port}${path}`;
    const headers = { "accept-encoding": encodings };
    const response = await fetch(url, { headers, decompress: false });
    const bytes = await response.bytes();
    return { bytes, of: (name: string) => response.headers.get(name) };
  };

  const file = await get("/assets/app-1f3a.js", "gzip");
  expect(file.of("content-encoding")).toBe("gzip");
  expect(file.of("cache-control")).toContain("immutable");
  expect(Buffer.from(Bun.gunzipSync(file.bytes)).toString()).toBe(SCRIPT);
  const whole = await get("/assets/app-1f3a.js", "identity");
  expect(whole.of("content-encoding")).toBeNull();
  expect(Buffer.from(whole.bytes).toString()).toBe(SCRIPT);

  const list = await get("/list", "gzip");
  expect(list.of("content-encoding")).toBe("gzip");
  expect(list.of("vary")).toBe("Accept-Encoding");
  expect(JSON.parse(Buffer.from(Bun.gunzipSync(list.bytes)).toString())).toHaveLength(200);
  expect((await get("/list", "identity")).of("content-encoding")).toBeNull();

  const robots = await get("/robots.txt", "gzip");
  expect(robots.of("content-encoding")).toBeNull();
  expect(robots.of("etag")).not.toBeNull();
});
