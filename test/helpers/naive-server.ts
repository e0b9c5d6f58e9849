// What pounce is measured against: a master with `reusePort` workers that reloads the obvious way.
// On SIGHUP it starts new workers and then calls plain `server.stop()` in the old ones, which
// exit when nothing is pending. The suite shows that this loses requests.
//   bun naive-server.ts APP WORKERS [--abrupt] [--port=PORT] [--pair=FILE] [--uds=PATH]
// The port is any that is free, unless it is given. With --abrupt the old workers end at once,
// which also cuts what is slow. The pair is a certificate and its key: TLS, with HTTP/2. On
// a Unix socket there can be one worker, and the next one takes the path over.
import type { Server, WebSocketHandler } from "bun";
import { rmSync } from "node:fs";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";

interface Ready {
  port: number;
}

interface App {
  fetch(request: Request, server: Server<undefined>): Response | Promise<Response>;
  websocket: WebSocketHandler<undefined>;
}

interface NaiveWorker {
  ready: Promise<Ready>;
  stop(): void;
  exited: Promise<unknown>;
}

const abrupt = process.argv.includes("--abrupt");
const givenPort = valueOf("--port=");
const path = valueOf("--uds=");
const pairFile = valueOf("--pair=");
const [, , role = "", ...rest] = process.argv;
if (role === "worker") await runWorker(rest[0] ?? "", Number(rest[1]));
else await runMaster(role, Number(rest[0] ?? 2));

function valueOf(flag: string): string | undefined {
  return process.argv.find((arg) => arg.startsWith(flag))?.slice(flag.length);
}

async function runMaster(app: string, workerCount: number): Promise<void> {
  let generation = 0;
  let current = await startGeneration(app, workerCount, Number(givenPort ?? 0));
  const { port } = current;
  let queue: Promise<void> = Promise.resolve();
  const reload = async (): Promise<void> => {
    generation += 1;
    console.log(`[INFO] Spawning ${workerCount} new worker(s) (generation ${generation})...`);
    const old = current;
    current = await startGeneration(app, workerCount, port);
    for (const worker of old.workers) worker.stop();
    await Promise.all(old.workers.map((worker) => worker.exited));
    const running = `Running ${workerCount} worker(s) on generation ${generation}`;
    console.log(`[INFO] Graceful reload complete. ${running}`);
    console.log(`[INFO] Receipt ${JSON.stringify({ generation, outcome: "completed" })}`);
  };
  process.on("SIGHUP", () => {
    queue = queue.then(reload);
  });
  console.log(`[INFO] Listening on http://127.0.0.1:${port}`);
}

async function startGeneration(app: string, workerCount: number, port: number) {
  const first = startWorker(app, port);
  const ready = await first.ready;
  const others = Array.from({ length: workerCount - 1 }, () => startWorker(app, ready.port));
  await Promise.all(others.map((worker) => worker.ready));
  return { port: ready.port, workers: [first, ...others] };
}

function startWorker(app: string, port: number): NaiveWorker {
  const ready = Promise.withResolvers<Ready>();
  const command = [process.execPath, import.meta.path, "worker", app, String(port)];
  const flags = process.argv.filter((arg) => arg === "--abrupt" || /^--(pair|uds)=/.test(arg));
  const child = Bun.spawn([...command, ...flags], {
    stdout: "inherit",
    stderr: "inherit",
    ipc: (message: Ready) => ready.resolve(message),
  });
  return { ready: ready.promise, stop: () => child.send("stop"), exited: child.exited };
}

async function runWorker(app: string, port: number): Promise<void> {
  const { default: loaded }: { default: App } = await import(pathToFileURL(resolve(app)).href);
  const pair = pairFile === undefined ? undefined : await Bun.file(pairFile).text();
  const secure = pair === undefined ? {} : { tls: { cert: pair, key: pair }, http2: true };
  const tcp = { hostname: "127.0.0.1", port, reusePort: true };
  if (path !== undefined) rmSync(path, { force: true });
  const server =
    path === undefined
      ? Bun.serve({ ...loaded, ...secure, ...tcp })
      : Bun.serve({ ...loaded, unix: path });
  process.on("message", async () => {
    if (abrupt) process.exit(0);
    await Promise.race([server.stop(), Bun.sleep(0)]);
    while (server.pendingRequests > 0) await Bun.sleep(10);
    process.exit(0);
  });
  // Without its master, a worker would answer for ever.
  process.on("disconnect", () => process.exit(0));
  process.send?.({ port: server.port ?? 0 });
}
