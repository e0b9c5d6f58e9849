// Orders for certificates on a real machine: the files, and the process that orders.
import {
  orderArguments,
  type OrderOutcome,
  type OrderRequest,
  readOutcome,
} from "../../acme/order-messages.ts";
import { readFailures, readHeld, writeFailures } from "../../acme/store.ts";
import { Channel } from "../../ipc/channel.ts";
import { CLIENT_CHANNEL } from "../../ipc/inherited.ts";
import { addChild, removeChild } from "../../os/own-children.ts";
import { message as words } from "../../core/messages.ts";
import type { CertificateOrders } from "../surroundings.ts";

export const realOrders: CertificateOrders = {
  facts: ({ acme, pairs }, problem) =>
    (acme?.domains ?? []).map((domain, index) => ({
      domain,
      held: readHeld(pairs[index]?.cert ?? "", domain, problem),
      failures: readFailures(acme?.folder ?? "", domain, problem),
    })),
  keepFailures: ({ folder }, domain, failures) => writeFailures(folder, domain, failures),
  start({ acme, pairs }, domain, executable, done) {
    if (acme === undefined) throw new Error("no certificate is ordered here");
    const { email, directory, httpPort, stateFolder, folder, ca } = acme;
    const file = pairs[acme.domains.indexOf(domain)]?.cert ?? "";
    const request = { domain, email, directory, httpPort, stateFolder, folder, file };
    return startOrder(request satisfies OrderRequest, ca, executable, done);
  },
  random: Math.random,
};

function startOrder(
  request: OrderRequest,
  ca: string | undefined,
  executable: string,
  done: Parameters<CertificateOrders["start"]>[3],
): () => void {
  const stdio: ["ignore", "ignore", "inherit", "pipe"] = ["ignore", "ignore", "inherit", "pipe"];
  const trust = ca === undefined ? {} : { NODE_EXTRA_CA_CERTS: ca };
  let settled: OrderOutcome | undefined;
  const child = Bun.spawn([executable, ...orderArguments(request.domain)], {
    argv0: "pounce",
    cwd: "/",
    env: { ...process.env, ...trust },
    stdio,
    onExit: (_process, code, signal) => {
      removeChild(child.pid);
      channel.close();
      if (settled !== undefined) return done(settled);
      const how = signal === null ? `exit code ${code}` : `signal ${String(signal)}`;
      // Somebody has ended it, as systemd does with all processes of a service at a stop.
      if (code === null && !CRASHES.has(String(child.signalCode))) return done({ kind: "not-now" });
      done({ kind: "failed", reason: words.orderEnded(how) });
    },
  });
  addChild(child.pid);
  const channel = new Channel(Number(child.stdio[CLIENT_CHANNEL]), {
    onValue: (value) => {
      const outcome = readOutcome(value);
      // It ends when it is alone: its port and its lock are free then.
      if (outcome !== undefined) settled = outcome;
      channel.close();
    },
    onClosed: () => undefined,
  });
  channel.send(request);
  return () => void child.kill("SIGKILL");
}

const CRASHES: ReadonlySet<string> = new Set([
  "SIGSEGV",
  "SIGABRT",
  "SIGBUS",
  "SIGILL",
  "SIGTRAP",
  // The kernel ends a process so when memory is short, and would do it again and again.
  "SIGKILL",
]);
