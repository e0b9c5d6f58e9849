// Certificates that are ordered from a CA: whether a running server could. Nothing is ordered here,
// and no CA is asked.
import { Challenges } from "../acme/challenges.ts";
import { renewalMs } from "../acme/schedule.ts";
import { readHeld } from "../acme/store.ts";
import { areOfOrder } from "../acme/order-messages.ts";
import type { TlsConfig } from "../config/config.ts";
import { holdersOf } from "../net/probe.ts";
import { fine, type Finding, warning } from "./finding.ts";

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
  const orders = domains.map((domain, index) => {
    const held = readHeld(pairs[index]?.cert ?? "", domain, () => undefined);
    const when = held === undefined ? "when the server serves" : `on ${day(renewalMs(held))}`;
    return fine("acme", `${domain}: ordered from ${ca} ${when}`);
  });
  return [state, ...orders, await portFinding(httpPort)];
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

function day(ms: number): string {
  return new Date(ms).toISOString().slice(0, 10);
}
