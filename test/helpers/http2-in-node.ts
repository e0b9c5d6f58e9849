// The client of http2-client.ts under Node, which has an HTTP/2 of its own: `startInNode` makes a
// script of it and runs that with `node`.
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Http2Result } from "./http2-client.ts";

const MAIN = fileURLToPath(new URL("http2-in-node-main.ts", import.meta.url));

/** @returns ends it, and gives what it has seen */
export async function startInNode(url: string): Promise<() => Promise<Http2Result>> {
  const built = await Bun.build({ entrypoints: [MAIN], target: "node" });
  const file = join(tmpdir(), `pounce-http2-${crypto.randomUUID()}.mjs`);
  await Bun.write(file, (await built.outputs[0]?.text()) ?? "");
  const child = Bun.spawn(["node", file, url], { stdin: "pipe", stdout: "pipe" });
  return async () => {
    await child.stdin.end();
    const text = await new Response(child.stdout).text();
    await rm(file);
    return JSON.parse(text) as Http2Result;
  };
}
