// What a bad deploy costs in failed requests, with each way to protect a rollout: measured on the
// executable, for the table in the manual (src/manual/rollouts.md).
//
//   bun scripts/bad-deploys.ts [EXECUTABLE]
//
// Clients send 200 requests a second, each on a connection of its own. The new version answers half
// of them with 500. Load goes to 127.0.0.1.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const RATE = 200;
/** When an operator who watches has seen it, and has the old version back on disk. */
const OPERATOR_MS = 30_000;
const PAUSE_MS = 1000;
const LONGEST_MS = 60_000;

const GOOD = `export default { fetch: () => new Response("good") };\n`;
const BAD = `export default {
  fetch: () => (Math.random() < 0.5 ? new Response("bad") : new Response("bad", { status: 500 })),
};\n`;
const SMOKE = `#!/bin/sh
for i in 1 2 3 4 5 6 7 8 9 10; do
  curl -fsS "$POUNCE_URL/" >/dev/null || exit 1
done
`;

interface Way {
  readonly name: string;
  /** In [rollout]. */
  readonly keys: string;
  /** What somebody does about it, when, and how. */
  readonly operator?: { readonly afterMs: number; readonly command: "reload" | "rollback" };
}

const WAYS: readonly Way[] = [
  { name: "none; a reload with the old code after 30 s", keys: "", operator: reloadAfter() },
  {
    name: "`bake`, no verdict; `pounce rollback` after 30 s",
    keys: 'bake = "10m"\nmax_error_rate = 1',
    operator: { afterMs: OPERATOR_MS, command: "rollback" },
  },
  { name: "`bake`", keys: 'bake = "10m"' },
  { name: "`canary = 0.5`", keys: 'canary = 0.5\ncanary_duration = "1m"' },
  { name: "`canary = 0.1`", keys: 'canary = 0.1\ncanary_duration = "1m"' },
  {
    name: "`canary = 0.1`, `min_requests = 20`",
    keys: 'canary = 0.1\ncanary_duration = "1m"\nmin_requests = 20',
  },
  {
    name: "`canary = 0.01`, `min_requests = 20`",
    keys: 'canary = 0.01\ncanary_duration = "1m"\nmin_requests = 20',
  },
  { name: "`verify` with ten requests", keys: 'verify = ["./smoke.sh"]' },
];

function reloadAfter(): NonNullable<Way["operator"]> {
  return { afterMs: OPERATOR_MS, command: "reload" };
}

interface Cost {
  readonly failed: number;
  /** Until the old version has all clients again, in seconds. */
  readonly seconds: number;
}

const executable = process.argv[2] ?? "dist/pounce";
const lines = ["| setting | failed requests | until all is well |", "| --- | --- | --- |"];
for (const way of WAYS) {
  const { failed, seconds } = await costOf(way);
  const line = `| ${way.name} | ${failed} | ${seconds.toFixed(1)} s |`;
  console.error(line);
  lines.push(line);
}
console.log(lines.join("\n"));

async function costOf(way: Way): Promise<Cost> {
  const dir = mkdtempSync(join(tmpdir(), "bad-deploys-"));
  const server = await start(dir, way.keys);
  try {
    return await deploy(server, dir, way);
  } finally {
    server.process.kill("SIGTERM");
    await server.process.exited;
    rmSync(dir, { recursive: true, force: true });
  }
}

interface Server {
  readonly process: Bun.Subprocess;
  readonly url: string;
  run(...argv: string[]): Promise<number>;
}

async function start(dir: string, keys: string): Promise<Server> {
  writeFileSync(join(dir, "app.ts"), GOOD);
  writeFileSync(join(dir, "smoke.sh"), SMOKE, { mode: 0o755 });
  const toml = `app = "./app.ts"\nport = 0\nworkers = 2\n[rollout]\n${keys}\n`;
  writeFileSync(join(dir, "pounce.toml"), toml);
  const env = { ...process.env, RUNTIME_DIRECTORY: dir };
  const file = ["--config", join(dir, "pounce.toml")];
  const child = Bun.spawn([executable, ...file], { env, stdout: "pipe", stderr: "ignore" });
  const reader = child.stdout.getReader();
  const decoder = new TextDecoder();
  let text = "";
  let url: string | undefined;
  while (url === undefined) {
    const { value, done } = await reader.read();
    if (done) throw new Error(`pounce has not started:\n${text}`);
    text += decoder.decode(value, { stream: true });
    url = /Listening on (\S+)/.exec(text)?.[1];
  }
  void drainOf(reader);
  const run = (...argv: string[]): Promise<number> =>
    Bun.spawn([executable, ...argv, ...file], { env, stdout: "ignore", stderr: "ignore" }).exited;
  return { process: child, url, run };
}

async function drainOf(reader: { read(): Promise<{ done: boolean }> }): Promise<void> {
  while (!(await reader.read()).done);
}

/** Deploys the bad version under load, and counts until only the good one answers. */
async function deploy(server: Server, dir: string, { operator }: Way): Promise<Cost> {
  let [failed, lastBadMs] = [0, 0];
  const ask = async (): Promise<void> => {
    const reply = await fetch(server.url, { headers: { connection: "close" }, keepalive: false });
    if ((await reply.text()) === "bad") lastBadMs = performance.now();
    if (reply.status === 500) failed++;
  };
  const asked: Promise<void>[] = [];
  const timer = setInterval(() => asked.push(ask()), 1000 / RATE);
  await Bun.sleep(PAUSE_MS);
  writeFileSync(join(dir, "app.ts"), BAD);
  const startMs = performance.now();
  server.process.kill("SIGHUP");
  if (operator !== undefined) {
    await Bun.sleep(operator.afterMs);
    writeFileSync(join(dir, "app.ts"), GOOD);
    await server.run(operator.command);
  }
  // Long after the last bad answer there will be no other.
  const isQuiet = (): boolean => performance.now() - Math.max(lastBadMs, startMs) > 15_000;
  while (!isQuiet() && performance.now() - startMs < LONGEST_MS) await Bun.sleep(100);
  clearInterval(timer);
  await Promise.all(asked);
  return { failed, seconds: Math.max(0, lastBadMs - startMs) / 1000 };
}
