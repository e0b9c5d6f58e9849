// A program under Node's cluster module: two workers, and on SIGHUP a rolling restart, one worker
// after the other: a new one first, then the old one is disconnected and gets two seconds for its
// connections, as the module's documentation shows.
//   cluster.mjs PROGRAM
import cluster from "node:cluster";
import { once } from "node:events";

const WORKERS = 2;
const DISCONNECT_TIMEOUT_MS = 2_000;

async function start() {
  await once(cluster.fork(), "listening");
}

async function replace(worker) {
  await start();
  const ended = once(worker, "exit");
  worker.disconnect();
  const timer = setTimeout(() => worker.kill(), DISCONNECT_TIMEOUT_MS);
  await ended;
  clearTimeout(timer);
}

cluster.setupPrimary({ exec: process.argv[2] });
process.on("SIGHUP", async () => {
  for (const worker of Object.values(cluster.workers)) await replace(worker);
  console.log("restarted");
});
await Promise.all(Array.from({ length: WORKERS }, start));
console.log("listening");
