// Certificates that are ordered from a CA: whether a running server could. Nothing is ordered here,
// and no CA is asked.
import { statSync } from "node:fs";
import { join } from "node:path";
import { Challenges } from "../acme/challenges.ts";
import { dueOf } from "../acme/schedule.ts";
import { readFailures, readHeld } from "../acme/store.ts";
import { areOfOrder } from "../acme/order-messages.ts";
import type { TlsConfig } from "../config/config.ts";
import { holdersOf } from "../net/probe.ts";
import { fine, type Finding, warning } from "./finding.ts";

const WRITE_OF_OTHERS = 0o022;
/** Each may replace only what is their own. */
const STICKY = 0o1000;

/** @param writable why a file cannot be made at a path whose folders may be missing */
export async function acmeFindings(
  { acme, pairs }: TlsConfig,
  writable: (path: string) => string | undefined,
): Promise<Finding[]> {
  if (acme === undefined) return [];
  const { domains, httpPort, stateFolder, directory } = acme;
  const unwritable = writable(`${acme.folder}/account.key`);
  const state =
    unwritable === undefined
      ? fine("state_directory", stateFolder)
      : warning(
          "state_directory",
          `cannot write to ${stateFolder}: ${unwritable}`,
          "set state_directory to a folder of this user (systemd: StateDirectory=)",
        );
  const ca = new URL(directory).host;
  const shared = sharedFinding(stateFolder);
  const orders = domains.map((domain, index) => {
    const held = readHeld(pairs[index]?.cert ?? "", domain, ignore);
    const failures = readFailures(acme.folder, domain, ignore);
    const nowMs = Date.now();
    const { atMs } = dueOf({ domain, held, failures }, nowMs);
    const when = atMs <= nowMs ? "when the server serves" : `on ${minute(atMs)}`;
    const words = `${domain}: ordered from ${ca} ${when}`;
    if (failures === undefined) return fine("acme", words);
    return warning("acme", words, `the last order failed: ${failures.reason}`);
  });
  return [state, ...shared, ...orders, await portFinding(httpPort)];
}

/** What is wrong with a file is said elsewhere. */
function ignore(): void {}

/** Whoever may write there could put files of their own in the place of the keys. */
function sharedFinding(stateFolder: string): Finding[] {
  const found = [stateFolder, join(stateFolder, "acme")].flatMap((path) => {
    const who = strangersAt(path);
    return who === undefined ? [] : [`${path}: ${who} may replace the keys in it`];
  });
  const advice = "chown and chmod it so that only the user of the server may write there (0700)";
  return found.slice(0, 1).map((words) => warning("state_directory", words, advice));
}

/** Who else may write to a folder; undefined: nobody. */
function strangersAt(path: string): string | undefined {
  const stats = statSync(path, { throwIfNoEntry: false });
  if (stats === undefined) return undefined;
  const { uid, mode } = stats;
  if (uid !== 0 && uid !== process.geteuid?.()) return `the user ${uid}, whose folder it is,`;
  const isOpen = (mode & WRITE_OF_OTHERS) !== 0 && (mode & STICKY) === 0;
  return isOpen ? "other users" : undefined;
}

/** It serves without, so that somebody can mend it. */
async function portFinding(port: number): Promise<Finding> {
  const challenges = new Challenges();
  const problem = challenges.listen(port);
  await challenges.close();
  const name = "acme.http_port";
  if (problem === undefined) return fine(name, `${port}: free for the CA's questions`);
  // The first word is the name of the program.
  const order = holdersOf(port).find(({ command }) => areOfOrder(command.split(" ").slice(1)));
  if (order === undefined) return warning(name, problem);
  const { pid, command } = order;
  return fine(name, `${port}: in use by an order that is under way (pid ${pid}: ${command})`);
}

/** `2026-11-27 19:12 UTC` */
function minute(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 16).replace("T", " ")} UTC`;
}
